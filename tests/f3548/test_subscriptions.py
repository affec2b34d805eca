"""Subscriptions over real HTTP: life, window, notifications and who must be told, and what rests on them."""

from typing import Any

import pytest
from tests.f3548.conftest import AA, CP, NULL_ID, SC, Uss, circle, instant, logged, moment, new_id, polygon, volume
from tests.http.conftest import Door
from tests.world import hours

from antalya.exchange.coordination import attaching


def told(answer: Any) -> dict[str, list[tuple[str, int]]]:
    """Who must be told, by address: subscriptions and their indices."""
    assert answer.status_code in (200, 201), answer.text
    return {s["uss_base_url"]: [(t["subscription_id"], t["notification_index"]) for t in s["subscriptions"]]
            for s in answer.json()["subscribers"]}


def watch(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["subscription"])


def test_a_subscription_is_created_read_changed_and_deleted(uss1: Uss) -> None:
    answer = uss1.subscribe()
    made = watch(answer)
    assert answer.json()["operational_intent_references"] == []
    assert "constraint_references" not in answer.json()
    assert (made["notification_index"], made["implicit_subscription"], made["dependent_operational_intents"]) == (0, False, [])
    assert (made["time_start"], made["time_end"]) == (moment(1), moment(2))
    assert watch(uss1.call("GET", f"subscriptions/{made['id']}")) == made
    assert uss1.search(volume(), "subscriptions") == [made]
    changed = watch(uss1.subscribe(volume(end=5), id_=made["id"], version=made["version"], notify_for_constraints=True))
    assert changed["version"] != made["version"]
    assert changed["notify_for_constraints"]
    for stale in (uss1.subscribe(volume(end=6), id_=made["id"], version=made["version"]), uss1.subscribe(id_=made["id"]),
                  uss1.call("DELETE", f"subscriptions/{made['id']}/{made['version']}")):
        assert stale.status_code == 409
    assert uss1.subscribe(id_=new_id(), version="x").status_code == 400
    assert watch(uss1.call("DELETE", f"subscriptions/{made['id']}/{changed['version']}")) == changed
    assert uss1.call("GET", f"subscriptions/{made['id']}").status_code == 404
    assert uss1.call("DELETE", f"subscriptions/{made['id']}/x").status_code == 404


def test_another_s_subscription_is_neither_seen_nor_touched(uss1: Uss, uss2: Uss) -> None:
    made = watch(uss1.subscribe())
    assert uss2.call("GET", f"subscriptions/{made['id']}").status_code == 404
    assert uss2.search(volume(), "subscriptions") == []
    assert uss2.subscribe(id_=made["id"], version=made["version"]).status_code == 403
    assert uss2.call("DELETE", f"subscriptions/{made['id']}/{made['version']}").status_code == 403
    assert uss2.put(new_id(), uss2.intent(subscription_id=made["id"])).status_code == 403
    assert watch(uss1.call("GET", f"subscriptions/{made['id']}")) == made


def test_a_subscription_that_ended_goes_after_a_day_and_its_history_stays(door: Door, uss1: Uss) -> None:
    made, borne = watch(uss1.subscribe()), watch(uss1.subscribe())
    intent = uss1.create(subscription_id=borne["id"])
    cleared = door.world.later(hours=26) - hours(24)
    assert instant(made["time_end"]) == cleared
    assert uss1.call("GET", f"subscriptions/{made['id']}").status_code == 200
    door.world.later(seconds=1)
    assert [uss1.call("GET", f"subscriptions/{each['id']}").status_code for each in (made, borne)] == [404, 200]
    uss1.delete(intent)
    door.world.later(seconds=1)
    assert uss1.call("GET", f"subscriptions/{borne['id']}").status_code == 404
    with door.world.hub.store.read() as tx:
        assert [tx.utm_answered("subscription", each["id"]) for each in (made, borne)] == [None, None]
    assert [leaf["subject"] for leaf in logged(door, "US", "utm.subscription")] == [made["id"], borne["id"]]
    again = volume(start=27, end=28)
    assert uss1.subscribe(again, id_=made["id"], version=made["version"]).status_code == 400
    assert watch(uss1.subscribe(again, id_=made["id"]))["notification_index"] == 0


def test_writers_are_told_whom_to_notify_and_the_index_counts(uss1: Uss, uss2: Uss) -> None:
    one, two = watch(uss1.subscribe()), watch(uss1.subscribe())
    other = watch(uss2.subscribe())
    watch(uss1.subscribe(volume(circle(39.0))))
    watch(uss1.subscribe(volume(start=3, end=4)))
    watch(uss1.subscribe(notify_for_operational_intents=False, notify_for_constraints=True))
    created = uss2.put(new_id(), uss2.intent())
    mine = sorted([(one["id"], 1), (two["id"], 1)])
    assert told(created) == {uss1.url: mine, uss2.url: [(other["id"], 1)]}
    reference = created.json()["operational_intent_reference"]
    changed = uss2.change(reference)
    assert told(changed)[uss2.url] == [(other["id"], 2)]
    assert told(uss2.delete(changed.json()["operational_intent_reference"]))[uss2.url] == [(other["id"], 3)]
    assert watch(uss1.call("GET", f"subscriptions/{one['id']}"))["notification_index"] == 3
    assert watch(uss1.call("GET", f"subscriptions/{one['id']}"))["version"] == one["version"]


FAR, SUBSCRIBER = volume(circle(39.0)), {"uss_base_url": "https://us.example"}


def test_one_uss_has_only_so_many_subscriptions_over_one_place(uss1: Uss, uss2: Uss, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever they are: each write of anybody there names them all, and counts them."""
    monkeypatch.setattr(attaching, "MOST_THERE", 3)
    made = [watch(uss1.subscribe(volume(start=n, end=n + 0.5))) for n in range(1, 4)]
    far = watch(uss1.subscribe(FAR))
    for full in (uss1.subscribe(), uss1.subscribe(id_=far["id"], version=far["version"])):
        assert (full.status_code, "too_many_subscriptions" in full.text) == (429, True)
    assert watch(uss2.subscribe())["notification_index"] == 0
    changed = watch(uss1.subscribe(id_=made[0]["id"], version=made[0]["version"]))
    assert uss1.call("DELETE", f"subscriptions/{changed['id']}/{changed['version']}").status_code == 200
    assert uss1.subscribe().status_code == 200
    assert uss1.put(new_id(), uss1.intent(new_subscription=SUBSCRIBER)).status_code == 201  # these are counted apart


def test_only_so_many_come_with_intents_but_a_flight_that_strays_is_never_refused(uss1: Uss, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "MOST_IMPLICIT", 2)
    flown, _ = (uss1.create(volume(lower=n * 200, upper=n * 200 + 50), new_subscription=SUBSCRIBER) for n in (1, 2))
    far = uss1.create(FAR, new_subscription=SUBSCRIBER)
    resting = {"subscription_id": far["subscription_id"]}
    for full in (uss1.put(new_id(), uss1.intent(new_subscription=SUBSCRIBER)), uss1.change(far, new_subscription=SUBSCRIBER),
                 uss1.change(far, **resting)):
        assert (full.status_code, "too_many_subscriptions" in full.text) == (429, True), full.text
    assert uss1.put(new_id(), uss1.intent()).status_code == 201
    changed = uss1.change(flown, volume(lower=200, upper=240), state="Activated", new_subscription=SUBSCRIBER)
    assert changed.status_code == 200, changed.text
    for fields in (resting, {"new_subscription": SUBSCRIBER}):
        strayed = uss1.change(far, state="Nonconforming", **fields)
        assert strayed.status_code == 200, strayed.text
        far = strayed.json()["operational_intent_reference"]


def test_addresses_are_short(uss1: Uss) -> None:
    uss1.url = "https://us.example/" + "x" * 281
    assert uss1.subscribe().status_code == 200
    uss1.url += "x"
    refused = uss1.subscribe()
    assert (refused.status_code, "more than 300 characters" in refused.text) == (400, True)


def test_heights_do_not_matter_to_subscriptions(uss1: Uss, uss2: Uss) -> None:
    made = watch(uss1.subscribe(volume(lower=0, upper=10)))
    assert told(uss2.put(new_id(), uss2.intent(volume(lower=1_000, upper=1_100)))) == {uss1.url: [(made["id"], 1)]}


def test_a_change_notifies_who_watches_the_old_place_or_the_new(uss1: Uss, uss2: Uss) -> None:
    old, new = watch(uss1.subscribe()), watch(uss1.subscribe(volume(circle(39.0))))
    made = uss2.create()
    moved = uss2.change(made, volume(circle(39.0)))
    assert told(moved) == {uss1.url: sorted([(old["id"], 2), (new["id"], 1)])}
    assert told(uss2.delete(moved.json()["operational_intent_reference"])) == {uss1.url: [(new["id"], 2)]}


def test_a_refused_write_counts_nothing(uss1: Uss, uss2: Uss) -> None:
    made = watch(uss1.subscribe())
    uss1.create()
    assert uss2.put(new_id(), uss2.intent()).status_code == 409
    assert watch(uss1.call("GET", f"subscriptions/{made['id']}"))["notification_index"] == 1


def test_the_answer_to_a_subscription_names_what_is_there(uss1: Uss, uss2: Uss) -> None:
    intent = uss2.create()
    constraint = uss2.constrain().json()["constraint_reference"]
    answer = uss1.subscribe(notify_for_constraints=True).json()
    assert [r["id"] for r in answer["operational_intent_references"]] == [intent["id"]]
    assert [r["id"] for r in answer["constraint_references"]] == [constraint["id"]]
    assert {r["ovn"] for r in (*answer["operational_intent_references"], *answer["constraint_references"])} == {
        "Available from USS"}
    only = uss1.subscribe(notify_for_operational_intents=False, notify_for_constraints=True).json()
    assert "operational_intent_references" not in only


def test_an_implicit_subscription_lives_and_dies_with_its_intent(uss1: Uss) -> None:
    made = uss1.create(new_subscription={"uss_base_url": uss1.url, "notify_for_constraints": True})
    found = watch(uss1.call("GET", f"subscriptions/{made['subscription_id']}"))
    assert found["implicit_subscription"]
    assert found["notify_for_constraints"]
    assert found["notification_index"] == 1
    assert found["dependent_operational_intents"] == [made["id"]]
    assert (found["time_start"], found["time_end"]) == (moment(1), moment(2))
    assert uss1.call("DELETE", f"subscriptions/{found['id']}/{found['version']}").status_code == 400
    wider = uss1.change(made, volume(circle(38.2), end=9), subscription_id=found["id"]).json()["operational_intent_reference"]
    assert wider["subscription_id"] == found["id"]
    now = watch(uss1.call("GET", f"subscriptions/{found['id']}"))
    assert now["time_end"] == moment(9)
    assert now["version"] != found["version"]
    uss1.delete(wider)
    assert uss1.call("GET", f"subscriptions/{found['id']}").status_code == 404


def test_an_implicit_subscription_is_replaced_or_given_up(uss1: Uss) -> None:
    made = uss1.create(new_subscription={"uss_base_url": uss1.url})
    again = uss1.change(made, new_subscription={"uss_base_url": uss1.url}).json()["operational_intent_reference"]
    assert again["subscription_id"] != made["subscription_id"]
    assert uss1.call("GET", f"subscriptions/{made['subscription_id']}").status_code == 404
    without = uss1.change(again).json()["operational_intent_reference"]
    assert without["subscription_id"] == NULL_ID
    assert uss1.call("GET", f"subscriptions/{again['subscription_id']}").status_code == 404


def test_an_implicit_subscription_stays_while_another_intent_rests_on_it(uss1: Uss) -> None:
    first = uss1.create(new_subscription={"uss_base_url": uss1.url})
    second = uss1.create(subscription_id=first["subscription_id"], key=[first["ovn"]])
    uss1.delete(first)
    found = watch(uss1.call("GET", f"subscriptions/{first['subscription_id']}"))
    assert found["dependent_operational_intents"] == [second["id"]]
    uss1.delete(second)
    assert uss1.call("GET", f"subscriptions/{first['subscription_id']}").status_code == 404


def test_an_explicit_subscription_must_cover_its_intents_and_keep_doing_so(uss1: Uss) -> None:
    made = watch(uss1.subscribe(volume(circle(radius_m=5_000), start=0.5, end=3)))
    for extent in (volume(end=4), volume(start=0.1), volume(circle(39.0))):
        assert uss1.put(new_id(), uss1.intent(extent, subscription_id=made["id"])).status_code == 400
    intent = uss1.create(subscription_id=made["id"])
    same = {"id_": made["id"], "version": made["version"]}
    assert uss1.subscribe(volume(circle(39.0), end=3), **same).status_code == 400
    assert uss1.subscribe(volume(circle(radius_m=5_000), end=1.5), **same).status_code == 400
    assert uss1.subscribe(volume(circle(radius_m=5_000), end=3), notify_for_operational_intents=False,
                          notify_for_constraints=True, **same).status_code == 400
    kept = watch(uss1.subscribe(volume(circle(radius_m=5_000), end=2.5), **same))
    assert kept["dependent_operational_intents"] == [intent["id"]]
    only = watch(uss1.subscribe(notify_for_operational_intents=False, notify_for_constraints=True))
    assert uss1.put(new_id(), uss1.intent(subscription_id=only["id"], key=[intent["ovn"]])).status_code == 400


def test_a_window_is_a_day_at_most_and_not_past(uss1: Uss) -> None:
    assert watch(uss1.subscribe(volume(start=None, end=None)))["time_end"] == moment(24)
    assert uss1.subscribe(volume(start=1, end=25.01)).status_code == 400
    assert uss1.subscribe(volume(start=-0.08, end=1)).status_code == 200
    assert uss1.subscribe(volume(start=-0.09, end=1)).status_code == 400
    assert uss1.subscribe(volume(start=-0.05, end=-0.01)).status_code == 400
    assert uss1.subscribe(volume(start=2, end=1)).status_code == 400
    last = volume(end=None) | {"time_start": {"value": "9999-12-31T12:00:00Z", "format": "RFC3339"}}
    assert watch(uss1.subscribe(last))["time_end"]["value"].startswith("9999-12-31T23:59:59.999999")


def test_what_is_left_out_stays_as_it_was(uss1: Uss) -> None:
    made = watch(uss1.subscribe())
    kept = watch(uss1.subscribe(volume(start=None, end=None), id_=made["id"], version=made["version"]))
    assert (kept["time_start"], kept["time_end"]) == (moment(1), moment(2))


def test_an_ended_subscription_is_not_listed_nor_notified(door: Door, uss1: Uss, uss2: Uss) -> None:
    made = watch(uss1.subscribe())
    door.world.clock.now += hours(2.1)
    assert uss1.search(volume(), "subscriptions") == []
    assert told(uss2.put(new_id(), uss2.intent(volume(end=3)))) == {}
    assert watch(uss1.call("GET", f"subscriptions/{made['id']}"))["notification_index"] == 0


def test_notifications_need_the_scopes_of_what_they_tell(uss1: Uss) -> None:
    assert uss1.subscribe(None, CP).status_code == 403
    assert uss1.subscribe(None, SC).status_code == 200
    assert uss1.subscribe(None, SC, notify_for_constraints=True).status_code == 403
    assert uss1.subscribe(None, CP, notify_for_operational_intents=False, notify_for_constraints=True).status_code == 200
    assert uss1.subscribe(None, AA).status_code == 403
    implicit = uss1.intent(new_subscription={"uss_base_url": uss1.url, "notify_for_constraints": True})
    assert uss1.put(new_id(), implicit, SC).status_code == 403
    assert uss1.put(new_id(), implicit, SC, CP).status_code == 201


@pytest.mark.parametrize("fields", [
    {"notify_for_operational_intents": False}, {"uss_base_url": "ftp://us.example"}, {"extents": {}}, {"extents": None},
    {"extents": volume({})}, {"extents": volume(polygon((0, 0), (1, 0), (1, 1), (0, 1)))}, {"extents": [volume()]},
])
def test_bad_subscriptions_are_refused(uss1: Uss, fields: dict[str, Any]) -> None:
    assert uss1.subscribe(**fields).status_code == 400
