"""What a store keeps of the exchange as a USS, on every store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.world import DAWN, hours

from antalya.model.bridging import Bridged, Fetch, Notice, Talk
from antalya.ports import Store

CONVOY = Bridged("operation", "convoy", "", "constraint", "r-1", "00", DAWN + hours(1))
RULE = Bridged("rule", "m", "north", "constraint", "r-2", "01", DAWN + hours(5))
OTHER = Bridged("rule", "m", "south", "constraint", "r-3", "02", DAWN + hours(5))
NOTICE = Notice("constraint", "r-1", "US", "https://us.example", (("s-1", 4), ("s-2", 1)), DAWN)
MINUTE = timedelta(minutes=1)


def test_what_is_shown_is_found_by_thing_and_by_reference(store: Store) -> None:
    def job(tx):  # type: ignore[no-untyped-def]
        for each in (CONVOY, RULE, OTHER, replace(OTHER, shown="03")):
            tx.put_bridged(each)
        tx.drop_bridged(RULE)
    store.write(job)
    with store.read() as tx:
        assert tx.bridged() == [CONVOY, replace(OTHER, shown="03")]
        assert tx.bridged("operation") == tx.bridged("operation", "convoy") == [CONVOY]
        assert tx.bridged("rule", "other") == []
        assert tx.bridged_as("constraint", "r-1") == CONVOY
        assert tx.bridged_as("intent", "r-1") is None
        assert tx.bridged_over(DAWN + hours(2)) == [CONVOY]


def test_a_job_that_fails_leaves_no_notice(store: Store) -> None:
    def job(tx):  # type: ignore[no-untyped-def]
        tx.put_bridged(CONVOY)
        tx.add_notices([NOTICE])
        raise KeyError("x")
    try:
        store.write(job)
    except KeyError:
        with store.read() as tx:
            assert (tx.bridged(), tx.notices(10)) == ([], [])


def test_one_notice_at_a_time_to_each_uss_and_one_process_at_a_time_at_it(open_store: Callable[..., Store]) -> None:
    one, two = open_store(), open_store()
    one.write(lambda tx: tx.add_notices([NOTICE, replace(NOTICE, reference="r-2"), replace(NOTICE, manager="TR", url="https://tr")]))
    first = one.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10))
    assert [(n.reference, n.manager, n.tries, n.subscriptions) for n in first] == [
        ("r-1", "US", 1, NOTICE.subscriptions), ("r-1", "TR", 1, NOTICE.subscriptions)]
    assert two.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10)) == []
    with two.read() as tx:
        assert (tx.notices_due(DAWN), tx.notices_due(DAWN + MINUTE)) == (False, True)
    two.write(lambda tx: tx.put_off_notice(first[1], DAWN + hours(1)))
    assert one.write(lambda tx: tx.drop_notice(first[0]))
    again = two.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10))
    assert [(n.reference, n.manager) for n in again] == [("r-2", "US")]


def test_each_uss_has_one_turn_however_many_addresses_it_has_and_who_has_waited_longest_is_first(store: Store) -> None:
    many = [replace(NOTICE, url=f"https://us.example/{n}") for n in range(20)]
    others = [replace(NOTICE, manager=name, url=f"https://{name}", at=DAWN - n * MINUTE) for n, name in enumerate(("TR", "AID"), 1)]

    def put(tx):  # type: ignore[no-untyped-def]
        tx.add_notices([*many, *others])
        for n, each in enumerate([*many, *others]):
            tx.put_fetch(Fetch(each.kind, f"r-{n}", each.manager, each.url, each.at))
    store.write(put)

    def claimed(kind: str, now: datetime, room: int = 10) -> list[Any]:
        return store.write(lambda tx: getattr(tx, f"claim_{kind}")(now, now + MINUTE, room))
    for kind, back in (("notices", "put_off_notice"), ("fetches", "put_off_fetch")):
        assert [each.manager for each in claimed(kind, DAWN, 1)] == ["AID"]
        rest = claimed(kind, DAWN)
        assert [(each.manager, each.url) for each in rest] == [("US", many[0].url), ("TR", "https://TR")]
        assert claimed(kind, DAWN) == []
        store.write(lambda tx, back=back, rest=rest: getattr(tx, back)(rest[0], DAWN + timedelta(seconds=2)))
        assert [each.url for each in claimed(kind, DAWN + timedelta(seconds=3))] == [many[1].url]  # not the first once more


def test_notices_to_one_address_stay_in_order(store: Store) -> None:
    store.write(lambda tx: tx.add_notices([NOTICE, replace(NOTICE, reference="r-2")]))
    [first] = store.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10))
    store.write(lambda tx: tx.put_off_notice(first, DAWN + MINUTE))
    assert store.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10)) == []
    [again] = store.write(lambda tx: tx.claim_notices(DAWN + MINUTE, DAWN + 2 * MINUTE, 10))
    assert again.reference == "r-1"


def test_who_is_slower_than_his_lease_loses_the_notice(open_store: Callable[..., Store]) -> None:
    one, two = open_store(), open_store()
    one.write(lambda tx: tx.add_notices([NOTICE]))
    [slow] = one.write(lambda tx: tx.claim_notices(DAWN, DAWN + MINUTE, 10))
    [quick] = two.write(lambda tx: tx.claim_notices(DAWN + MINUTE, DAWN + 2 * MINUTE, 10))
    one.write(lambda tx: tx.put_off_notice(slow, DAWN))
    assert not one.write(lambda tx: tx.drop_notice(slow))
    assert two.write(lambda tx: tx.drop_notice(quick))
    two.write(lambda tx: tx.add_notices([NOTICE]))  # with the same number
    two.write(lambda tx: tx.claim_notices(DAWN + 3 * MINUTE, DAWN + 4 * MINUTE, 10))
    assert not one.write(lambda tx: tx.drop_notice(slow))
    with one.read() as tx:
        assert len(tx.notices(10)) == 1


def test_what_was_said_is_found_by_whom_it_was_said_to(store: Store) -> None:
    said = [Talk("intent", "r-1", party, DAWN + n * MINUTE, f"{{{n}}}") for n, party in enumerate(("US", "TR", "US", "US"))]

    def job(tx):  # type: ignore[no-untyped-def]
        for each in (*said, replace(said[0], reference="r-2")):
            tx.add_talk(each, DAWN)
    store.write(job)
    with store.read() as tx:
        assert tx.talks("r-1", 10) == said
        assert tx.talks("r-1", 2, "US") == [said[0], said[2]]
        assert tx.talks("r-1", 10, "RU") == tx.talks("r-3", 10) == []
