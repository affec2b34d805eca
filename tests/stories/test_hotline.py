"""Hotline: on 8 April 2017 Russia suspends the memorandum, and the line keeps working [6]. The status of an agreement is one
thing, the liveness of its line another. At al-Tanf an ultimatum was phoned at night to a junior interpreter [8]: rungs say who
answers, in how long, and then who."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.world import World, hours, volume

from antalya.exchange import agreeing
from antalya.exchange.hub import Evidence
from antalya.model import Understanding
from antalya.model.rules import Consent, Contact, Hotline, LeadTime
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer

BROKER = Viewer("broker", True)
LINE = Hotline(id="ground-line", answer_within_s=120, rungs=(
    Contact(party="RU", role="Duty officer", address="line 1", languages=("ru", "en")),
    Contact(party="US", role="Duty officer", address="line 1"),
    Contact(party="RU", role="Duty general", address="line 2", languages=("ru",))))


def memorandum(level: Any = "envelope") -> Understanding:
    return Understanding(id="memorandum", title="Memorandum", signatories=("US", "RU"), since=datetime(2015, 10, 20, tzinfo=UTC),
                         disclosure=Disclosure(clash=level),
                         rules=(LINE, LeadTime(id="notice", notice_s=60, activities=("fires",))))


def clash(world: World) -> dict[str, Any]:
    world.file("RU", volume(), activity="flight", forces=("RUF",))
    world.file("US", volume(), activity="flight", forces=("USF",))
    [finding] = [f for f in world.findings(BROKER) if f["kind"] == "clash"]
    return finding


def test_the_two_sides_of_a_clash_are_given_their_line(world: World) -> None:
    world.agree(memorandum())
    assert clash(world)["params"] == {"hotline": "ground-line", "hotline_of": "memorandum"}


def test_not_where_the_line_itself_would_tell_who_the_other_one_is(world: World) -> None:
    world.agree(memorandum("overlap"))
    assert clash(world)["params"] == {}


def test_whoever_must_consent_can_be_called(world: World) -> None:
    world.agree(memorandum())
    world.agree(Understanding(id="east-bank", title="East bank", signatories=("US", "RU"), since=datetime(2017, 1, 1, tzinfo=UTC),
                              rules=(Consent(id="c", of=("US",), parties=("RU",)),)))
    world.file("RU", volume(), forces=("SAA",))
    [finding] = world.findings("RU")
    assert finding["params"]["hotline"] == "ground-line"


def test_it_rings_on_after_the_agreement_is_suspended(world: World) -> None:
    world.agree(memorandum())
    world.clock.now = datetime(2017, 4, 8, 8, tzinfo=UTC)
    agreeing.set_status(world.hub, Viewer("RU"), "memorandum", "suspended", Evidence(b"{}"))
    world.agree(Understanding(id="east-bank", title="East bank", signatories=("US", "RU"), since=datetime(2017, 1, 1, tzinfo=UTC),
                              rules=(Consent(id="c", of=("US",), parties=("RU",)),)))
    now = world.clock.now
    world.file("RU", volume(start=now + hours(2), end=now + hours(3)), forces=("SAA",))
    [finding] = world.findings("RU")
    assert finding["params"]["hotline"] == "ground-line"


@pytest.mark.parametrize("activity", ["flight", "ground-movement", "fires"])
def test_a_line_alone_finds_nothing(world: World, activity: str) -> None:
    world.agree(Understanding(id="line", title="A line", signatories=("US", "RU"), since=datetime(2015, 10, 20, tzinfo=UTC),
                              rules=(LINE,)))
    outcome = world.file("RU", volume(), activity=activity)
    assert (outcome["clearance"], list(outcome["findings"])) == ("clear", [])


def test_the_rungs_are_kept_in_their_order_for_those_who_call(world: World) -> None:
    world.agree(memorandum())
    [shown] = [u for u in world.picture("US")["understandings"] if u["id"] == "memorandum"]
    [line] = [r for r in shown["rules"] if r["kind"] == "hotline"]
    assert [(r["party"], r["role"]) for r in line["rungs"]] == [("RU", "Duty officer"), ("US", "Duty officer"),
                                                               ("RU", "Duty general")]
    assert world.picture("TR")["understandings"] == []
