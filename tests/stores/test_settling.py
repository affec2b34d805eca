"""Findings, asks, answers, and who was told what."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests import strategies
from tests.pictures import NOW
from tests.stores.samples import ask, disc, finding, kept, undone

from antalya.model import Answer, Circle, Opened, Site
from antalya.model.errors import AntalyaError
from antalya.ports import Event, Store

LATER = NOW + timedelta(hours=1)


def test_a_finding_opens_closes_and_opens_again(store: Store) -> None:
    one, again = finding(), finding(severity="critical")
    store.write(lambda tx: tx.open_finding(one, NOW))
    store.write(lambda tx: tx.close_finding("f", LATER, "withdrawn"))
    closed = Opened(finding=one, opened_at=NOW, closed_at=LATER, closed_because="withdrawn")
    with store.read() as tx:
        assert (tx.findings(), tx.finding("f")) == ([], closed)
    store.write(lambda tx: tx.close_finding("f", LATER + timedelta(hours=9), "twice"))  # closed already: stays as it is
    store.write(lambda tx: tx.open_finding(again, LATER))
    with store.read() as tx:
        opened = Opened(finding=again, opened_at=LATER)
        assert tx.finding("f") == opened == tx.findings_of(["f", "g"])["f"]
        assert tx.findings() == [opened]
        assert tx.findings(open_only=False) == [closed, opened]
        assert tx.finding("g") is None


def test_the_same_finding_is_not_open_twice(store: Store) -> None:
    store.write(lambda tx: tx.open_finding(finding(), NOW))
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.write(lambda tx: tx.open_finding(finding(), NOW))
    with store.read() as tx:
        assert len(tx.findings(open_only=False)) == 1


def test_findings_of_operations_are_those_of_either_side_newest_last(store: Store) -> None:
    for id_, operation, other in (("1", "a", "b"), ("2", "b", "c"), ("3", "c", "d"), ("4", "d", None), ("5", "a", "b")):
        store.write(lambda tx, i=id_, o=operation, p=other: tx.open_finding(finding(i, o, p), NOW))

    def named(**wanted: Any) -> list[str]:
        with store.read() as tx:
            return [o.finding.id for o in tx.findings(**wanted)]
    assert named(operations=["b"]) == ["1", "2", "5"]
    assert named(operations=["b", "d"]) == ["1", "2", "3", "4", "5"]
    assert named(operations=["b"], limit=2) == ["2", "5"]
    assert named(limit=2) == ["4", "5"]
    assert named(operations=[]) == []
    store.write(lambda tx: tx.close_finding("2", LATER, "over"))
    assert named(operations=["b"]) == ["1", "5"]
    assert named(operations=["b"], open_only=False) == ["1", "2", "5"]
    assert named(operations=[f"op {n}" for n in range(1_100)] + ["d"]) == ["3", "4"]


def test_what_is_open_because_of_an_understanding_or_a_site(store: Store) -> None:
    """Whatever its id has in it, and nothing that only looks like it."""
    odd = 'a_b%c!"d\\ü'
    for n, (understanding, site, text) in enumerate([(odd, None, ""), ("a-b%c", odd, ""), (odd.upper(), None, ""), (None, "s", odd),
                                                     (odd, "s", "")]):
        one = finding(str(n), understanding=understanding, site=site, text=f'"understanding":"{odd}" {text}')
        store.write(lambda tx, one=one: tx.open_finding(one, NOW))
    store.write(lambda tx: tx.close_finding("4", LATER, "over"))
    with store.read() as tx:
        found = [[o.finding.id for o in tx.findings_under(what, id_)]  # type: ignore[arg-type]
                 for what, id_ in (("understanding", odd), ("site", odd), ("site", "s"), ("site", "none"))]
    assert found == [["0"], ["1"], ["3"], []]


def test_a_party_may_see_findings_of_its_operations_asks_and_sites(store: Store) -> None:
    kept(store, disc("own", party="RU"), disc("x", party="TR"), disc("y", party="TR"))
    site = Site(id="s", owner="AID", name="h", kind="hospital", outline=Circle(center=(38, 36), radius_m=9), valid_from=NOW,
                expires_at=LATER)
    store.write(lambda tx: tx.put_thing("site", site, "AID", NOW))
    for made in (finding("1", "own", "x"), finding("2", "x", "own"), finding("3", "x", "y"), finding("4", "x", None, site="s")):
        store.write(lambda tx, made=made: tx.open_finding(made, NOW))
    store.write(lambda tx: tx.put_ask(ask(finding="3", operation="x", of="US")))

    def seen(party: str, **wanted: Any) -> list[str]:
        with store.read() as tx:
            return [o.finding.id for o in tx.findings(seen_by=party, **wanted)]
    assert (seen("RU"), seen("TR"), seen("US"), seen("AID"), seen("XX")) == (["1", "2"], ["1", "2", "3", "4"], ["3"], ["4"], [])
    assert seen("RU", operations=["x"]) == ["1", "2"]


def test_asks_by_finding_operation_party_and_state(store: Store) -> None:
    kept(store, disc("a", party="TR"))
    for made in (ask("1"), ask("2", of="US"), ask("3", finding="g", operation="b", of="TR"),
                 ask("4", finding="h", operation="b")):
        store.write(lambda tx, made=made: tx.put_ask(made))
    store.write(lambda tx: tx.put_ask(ask("2", of="US", state="granted")))

    def named(**wanted: Any) -> list[str]:
        with store.read() as tx:
            return [a.id for a in tx.asks(**wanted)]
    assert named() == ["1", "2", "3", "4"]
    assert named(finding="f") == ["1", "2"]
    assert named(finding="f", state="open") == ["1"]
    assert named(findings=["f", "g"]) == ["1", "2", "3"]
    assert named(findings=[]) == []
    assert named(operations=["b"]) == ["3", "4"]
    assert named(operations=["b"], state="granted") == []
    assert named(seen_by="TR") == ["1", "2", "3"]  # about its operation a, and of it
    assert named(seen_by="RU", state="open") == ["1", "4"]
    assert named(limit=2) == ["3", "4"]
    assert named(limit=2, before="3") == ["1", "2"]
    assert named(limit=2, before="4", seen_by="RU") == ["1"]
    with store.read() as tx:
        assert tx.ask("2") == ask("2", of="US", state="granted")
        assert tx.ask("5") is None


def test_asks_come_due_at_their_deadline_and_yeses_when_they_run_out(store: Store) -> None:
    at = {n: NOW + timedelta(hours=n) for n in range(9)}
    for made in (ask("open", deadline=at[2]), ask("granted", state="granted", deadline=at[1], valid_until=at[3]),
                 ask("for ever", state="granted", deadline=at[1]), ask("refused", state="refused", deadline=at[1]),
                 ask("conditions", state="granted-with-conditions", deadline=at[1], valid_until=at[1]),
                 ask("closed", state="closed", deadline=at[1], valid_until=at[1])):
        store.write(lambda tx, made=made: tx.put_ask(made))

    def due(n: int) -> list[str]:
        with store.read() as tx:
            return [a.id for a in tx.asks_due(at[n])]
    assert (due(0), due(1), due(2), due(8)) == ([], ["conditions"], ["conditions", "open"], ["conditions", "open", "granted"])
    store.write(lambda tx: tx.put_ask(ask("open", deadline=at[2], state="expired")))
    assert due(8) == ["conditions", "granted"]


def test_answers_stand_in_the_order_they_were_given(store: Store) -> None:
    for id_ in ("q", "r"):
        store.write(lambda tx, id_=id_: tx.put_ask(ask(id_)))
    given = [Answer(id=id_, ask=of, party="RU", decision="grant", at=at) for id_, of, at in (
        ("b", "q", NOW), ("a", "q", LATER), ("c", "r", NOW))]
    for answer in reversed(given):
        store.write(lambda tx, answer=answer: tx.put_answer(answer, answer.at))
    with store.read() as tx:
        assert tx.answers(["q"]) == given[:2]
        assert {a.id for a in tx.answers(["q", "r"])} == {"a", "b", "c"}
        assert tx.answers([]) == []


def test_an_answer_s_id_is_taken_once_whatever_it_answers(store: Store) -> None:
    for id_ in ("q", "r"):
        store.write(lambda tx, id_=id_: tx.put_ask(ask(id_)))
    store.write(lambda tx: tx.put_answer(Answer(id="x", ask="q", party="RU", decision="grant"), NOW))
    with pytest.raises(AntalyaError, match="duplicate_id"):
        store.write(lambda tx: tx.put_answer(Answer(id="x", ask="r", party="US", decision="refuse"), NOW))
    with store.read() as tx:
        assert tx.answers(["r"]) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=strategies.findings, asked=strategies.asks, given_=strategies.answers)
def test_what_is_put_is_read_back(store: Store, found: Any, asked: Any, given_: Any) -> None:
    given_ = type(given_)(**{name: getattr(given_, name) for name in given_.__struct_fields__} | {"ask": asked.id})

    def job(tx: Any) -> Any:
        tx.open_finding(found, NOW)
        tx.put_ask(asked)
        tx.put_answer(given_, NOW)
        return tx.finding(found.id), tx.ask(asked.id), tx.answers([asked.id])
    assert undone(store, job) == (Opened(finding=found, opened_at=NOW), asked, [given_])


# events


def test_events_are_numbered_delivered_once_and_go_on_after_the_last(store: Store) -> None:
    told = [("TR", "a"), ("RU", "b"), ("TR", "c"), ("TR", "d")]
    numbers = [store.write(lambda tx, p=p, s=s: tx.add_event(p, "finding.opened", s, NOW)) for p, s in told]
    assert numbers == sorted(set(numbers))
    with store.read() as tx:
        assert [(e.party, e.subject) for e in tx.events(None)] == told
        assert tx.events("TR", numbers[0], 1) == [Event(numbers[2], "TR", "finding.opened", "c", NOW, None)]
        assert (tx.last_event(), tx.last_delivered("TR"), tx.last_delivered("XX")) == (numbers[3], numbers[0] - 1, 0)
    assert store.write(lambda tx: tx.delivered("TR", 0, numbers[2], LATER)) == [numbers[0], numbers[2]]
    assert store.write(lambda tx: tx.delivered("TR", 0, numbers[2], LATER)) == []
    with store.read() as tx:
        assert [e.delivered_at for e in tx.events(None)] == [LATER, None, LATER, None]
        assert tx.last_delivered("TR") == numbers[3] - 1
    assert store.write(lambda tx: tx.delivered("TR", numbers[3], 99, LATER)) == []
    assert store.write(lambda tx: tx.delivered("TR", 0, 99, LATER)) == [numbers[3]]
    with store.read() as tx:
        assert (tx.last_delivered("TR"), tx.last_delivered("RU")) == (numbers[3], numbers[1] - 1)


def test_the_latest_events_are_the_last_ones_in_order(store: Store) -> None:
    told = [("TR" if n % 3 else "RU", str(n)) for n in range(40)]
    store.write(lambda tx: [tx.add_event(party, "finding.opened", subject, NOW) for party, subject in told])
    with store.read() as tx:
        assert [(e.party, e.subject) for e in tx.latest_events(None, 7)] == told[-7:]
        assert [e.subject for e in tx.latest_events("RU", 5)] == ["27", "30", "33", "36", "39"]
        assert tx.latest_events(None, 100) == tx.events(None)
        assert tx.latest_events("XX", 5) == []
