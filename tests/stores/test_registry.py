"""Things of the registry: versions, the current one, the rulebook, signatures."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.pictures import NOW, agreed
from tests.stores.samples import Undone, undone

from antalya.model import Control, Force, Party, Signature
from antalya.model.rules import LeadTime
from antalya.ports import KINDS, Store

REGISTRY: dict[Any, st.SearchStrategy[Any]] = {
    "party": strategies.parties, "force": strategies.forces, "area": strategies.areas, "stance": strategies.stances(),
    "control": strategies.controls(), "site": strategies.sites(), "understanding": strategies.understandings()}


def test_every_version_stays_and_one_is_current(store: Store) -> None:
    names = ["Turkey", "Türkiye", "Türkiye Cumhuriyeti"]
    put = [store.write(lambda tx, n=n: tx.put_thing("party", Party(id="TR", name=n), "operator", NOW)) for n in names]
    assert [t.version for t in put] == [1, 2, 3]
    with store.read() as tx:
        assert tx.thing("party", "TR") == put[-1]
        assert tx.things("party") == [put[-1]]
        assert tx.versions_of("party", "TR") == put
        assert tx.thing("party", "RU") is None
        assert tx.thing("force", "TR") is None
        assert tx.versions_of("force", "TR") == []


def test_things_of_one_kind_come_by_id(store: Store) -> None:
    for id_ in ("RU", "AB", "US"):
        store.write(lambda tx, id_=id_: tx.put_thing("party", Party(id=id_, name=id_), id_, NOW))
    store.write(lambda tx: tx.put_thing("force", Force(id="RU", name="x", answers="RU"), "operator", NOW))
    with store.read() as tx:
        assert [(t.id, t.owner) for t in tx.things("party")] == [("AB", "AB"), ("RU", "RU"), ("US", "US")]


def test_the_rulebook_is_what_is_current_and_its_version_grows(store: Store) -> None:
    with store.read() as tx:
        first = tx.rulebook()
    assert (first.parties, first.understandings) == ({}, {})
    rule = LeadTime(id="r", notice_s=60)
    store.write(lambda tx: tx.put_thing("understanding", agreed(rule, status="proposed"), "TR", NOW))
    store.write(lambda tx: tx.put_thing("understanding", agreed(rule), "TR", NOW))
    store.write(lambda tx: tx.put_thing("party", Party(id="TR", name="Turkey"), "operator", NOW))
    store.write(lambda tx: tx.put_thing("control", Control(id="c", claimant="TR", force="x", area="y", since=NOW), "TR", NOW))
    with store.read() as tx:
        second = tx.rulebook()
        assert tx.rulebook() is second
    assert second.version > first.version
    assert second.understandings == {"u": agreed(rule)}
    assert list(second.parties) == ["TR"]
    assert (second.forces, second.sites, second.stances) == ({}, {}, {})


def test_a_job_sees_what_it_put_and_what_it_lost_is_not_remembered(store: Store) -> None:
    def lost(name: str) -> str:
        def job(tx: Any) -> str:
            tx.put_thing("party", Party(id="TR", name=name), "operator", NOW)
            return str(tx.rulebook().parties["TR"].name)
        return undone(store, job)

    def put(tx: Any) -> str:
        tx.put_thing("party", Party(id="TR", name="kept"), "operator", NOW)
        return str(tx.rulebook().parties["TR"].name)
    assert lost("lost") == "lost"
    assert store.write(lambda tx: dict(tx.rulebook().parties)) == {}
    assert lost("lost again") == "lost again"
    assert store.write(put) == "kept"  # the same version number as the two that were lost
    with store.read() as tx:
        assert tx.rulebook().parties["TR"].name == "kept"
        assert [t.version for t in tx.versions_of("party", "TR")] == [1]


def test_one_signature_for_each_content_and_party(store: Store) -> None:
    one = Signature(understanding="u", party="TR", content_sha256="a" * 64, at=NOW)
    later = Signature(understanding="u", party="TR", content_sha256="a" * 64, at=NOW + timedelta(hours=1), kid="k")
    other = Signature(understanding="u", party="RU", content_sha256="b" * 64, at=NOW)
    for each in (one, later, other, Signature(understanding="v", party="TR", content_sha256="a" * 64, at=NOW)):
        store.write(lambda tx, each=each: tx.put_signature(each))
    with store.read() as tx:
        assert tx.signatures("u") == [other, later]
        assert tx.signatures("w") == []


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_put_is_read_back(store: Store, kind: Any, data: st.DataObject) -> None:
    noun, owner, at = data.draw(REGISTRY[kind]), data.draw(strategies.ids), data.draw(strategies.moments)

    def job(tx: Any) -> Any:
        tx.put_thing(kind, noun, owner, at)
        return tx.thing(kind, noun.id)
    thing = undone(store, job)
    assert (thing.noun, thing.owner, thing.at, thing.version, thing.kind) == (noun, owner, at, 1, kind)


def test_undone_is_what_it_says(store: Store) -> None:
    with pytest.raises(Undone):
        store.write(lambda tx: (_ for _ in ()).throw(Undone))
