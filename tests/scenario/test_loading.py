"""A scenario's files are checked among themselves, and what is wrong is named by file, item and field."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from antalya import scenario
from antalya.model import Understanding
from antalya.model.errors import AntalyaError
from antalya.scenario import loading

SHELF = Path(__file__).parents[2] / "scenarios"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped scenario, to be spoilt."""
    return Path(shutil.copytree(SHELF / "northern-syria-2017", tmp_path / "spoilt"))


def spoil(folder: Path, file: str, change: Callable[[Any], None]) -> AntalyaError:
    """The refusal after a change of one file."""
    items = json.loads((folder / file).read_text(encoding="utf-8"))
    change(items)
    (folder / file).write_text(json.dumps(items), encoding="utf-8")
    with pytest.raises(AntalyaError) as refusal:
        scenario.read(folder)
    return refusal.value


def test_shipped_scenarios_are_listed_and_load() -> None:
    assert "northern-syria-2017" in scenario.names()
    for name in scenario.names():
        assert scenario.load(name).id == name


def test_unknown_name_says_which_there_are() -> None:
    with pytest.raises(AntalyaError, match="northern-syria-2017") as refusal:
        scenario.load("atlantis-1000")
    assert refusal.value.code.name == "not_found"


def test_a_copy_anywhere_is_the_same_scenario_under_its_folder_name(folder: Path) -> None:
    copy, shipped = scenario.read(folder), scenario.load("northern-syria-2017")
    assert copy.id == "spoilt"
    assert (copy.registry, copy.filings, copy.replies, copy.signings) == \
        (shipped.registry, shipped.filings, shipped.replies, shipped.signings)


def test_scenarios_in_the_package_go_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SHELF / "northern-syria-2017", tmp_path / "scenarios" / "packaged")
    monkeypatch.setattr(loading, "files", lambda package: tmp_path)
    assert scenario.names() == ["packaged"]
    assert scenario.load("packaged").title == "Northern Syria, 7 March 2017"


def test_understandings_come_as_proposed_and_are_signed_by_every_signatory() -> None:
    shipped = scenario.load()
    agreed = shipped.of(Understanding)
    assert agreed
    assert {u.status for u in agreed} == {"proposed"}
    assert set(shipped.signings) == {(u.id, party) for u in agreed for party in u.signatories}


def test_events_are_in_the_order_of_time() -> None:
    shipped = scenario.load()
    events = list(shipped.events())
    assert len(events) == len(shipped.filings) + len(shipped.replies)
    assert all(a.at <= b.at for a, b in pairwise(events))
    assert shipped.opens_at <= events[0].at
    assert events[-1].at <= shipped.now


def test_only_parties_operations_and_manifest_are_required(folder: Path) -> None:
    for file in ("areas", "stances", "controls", "sites", "understandings", "answers"):
        (folder / f"{file}.json").unlink()
    assert scenario.read(folder).signings == ()
    (folder / "parties.json").unlink()
    with pytest.raises(AntalyaError) as refusal:
        scenario.read(folder)
    assert (refusal.value.code.name, refusal.value.at) == ("bad_input_file", "parties.json")


@pytest.mark.parametrize(("text", "at"), [("[{", "forces.json"), ("{}", "forces.json"), ("[3]", "forces.json[0]"),
                                          ('[{"id": "X"}]', "forces.json[0]")])
def test_broken_json_names_file_and_item(folder: Path, text: str, at: str) -> None:
    (folder / "forces.json").write_text(text, encoding="utf-8")
    with pytest.raises(AntalyaError) as refusal:
        scenario.read(folder)
    assert (refusal.value.code.name, refusal.value.at) == ("bad_input_file", at)


def test_not_utf8(folder: Path) -> None:
    (folder / "forces.json").write_bytes(b'["\xff"]')
    with pytest.raises(AntalyaError) as refusal:
        scenario.read(folder)
    assert (refusal.value.code.name, refusal.value.at) == ("bad_input_file", "forces.json")


@pytest.mark.parametrize(("line", "code", "at"), [
    ("now = 2017-03-05T09:00:00Z", "bad_window", "scenario.toml.now"),
    ("now = 2017-03-07T09:00:00", "bad_input_file", "scenario.toml"),
    ("theatre = [39.6, 35.4, 36.6, 37.3]", "bad_field", "scenario.toml.theatre"),
    ('viewers = ["FR"]', "bad_input_file", "scenario.toml.viewers"),
    ("weather = 3", "bad_input_file", "scenario.toml"),
])
def test_manifest(folder: Path, line: str, code: str, at: str) -> None:
    manifest = folder / "scenario.toml"
    key = line.split(" ")[0]
    lines = [x for x in manifest.read_text(encoding="utf-8").splitlines() if not x.startswith(f"{key} =")]
    manifest.write_text("\n".join([line, *lines]), encoding="utf-8")
    with pytest.raises(AntalyaError) as refusal:
        scenario.read(folder)
    assert (refusal.value.code.name, refusal.value.at) == (code, at)


def test_a_noun_that_refuses_itself_is_located(folder: Path) -> None:
    def open_ring(items: Any) -> None:
        del items[0]["operation"]["volumes"][0]["outline"]["coordinates"][0][-1]
    refusal = spoil(folder, "operations.json", open_ring)
    assert (refusal.code.name, refusal.at) == ("ring_not_closed", "operations.json[0].coordinates[0]")


def change_force(items: Any) -> None:
    items[0]["answers"] = "FR"


def change_stance(items: Any) -> None:
    items[0]["towards"] = "NOBODY"


def change_control(items: Any) -> None:
    items[0]["area"] = "atlantis"


def change_site(items: Any) -> None:
    items[0]["owner"] = "FR"


def change_signatory(items: Any) -> None:
    items[0]["signatories"] = ["US", "FR"]


def change_rule_area(items: Any) -> None:
    items[1]["rules"][0]["area"] = "atlantis"


def change_rule_asked(items: Any) -> None:
    items[1]["rules"][0]["of"] = ["RU", "FR"]


def change_rung(items: Any) -> None:
    items[0]["rules"][1]["rungs"][0]["party"] = "FR"


def change_status(items: Any) -> None:
    items[0]["status"] = "ended"


def change_operation_force(items: Any) -> None:
    items[0]["operation"]["forces"] = ["NOBODY"]


def change_disclosure(items: Any) -> None:
    items[0]["operation"]["disclosure"] = {"FR": "details"}


def change_operation_id(items: Any) -> None:
    items[0]["operation"]["id"] = "operation-1"


def repeat_operation(items: Any) -> None:
    items.append(items[0])


def file_too_late(items: Any) -> None:
    items[0]["at"] = "2017-03-07T09:00:01Z"


def drop_source(items: Any) -> None:
    items[0]["operation"]["source"] = "heard somewhere"


def cite_unknown(items: Any) -> None:
    items[0]["operation"]["source"] = "[99]"


def answer_nothing(items: Any) -> None:
    items[0]["operation"] = "015aa24f-7240-7000-8000-0000000000ff"


def answer_before(items: Any) -> None:
    items[0]["at"] = "2017-03-06T06:00:00Z"


@pytest.mark.parametrize(("file", "change", "says"), [
    ("forces.json", change_force, "no party 'FR'"),
    ("stances.json", change_stance, "no force 'NOBODY'"),
    ("controls.json", change_control, "no area 'atlantis'"),
    ("sites.json", change_site, "no party 'FR'"),
    ("understandings.json", change_signatory, "no party 'FR'"),
    ("understandings.json", change_rule_area, "no area 'atlantis'"),
    ("understandings.json", change_rule_asked, "no party or force 'FR'"),
    ("understandings.json", change_rung, "no party or force 'FR'"),
    ("understandings.json", change_status, "proposed or in-force"),
    ("operations.json", change_operation_force, "no force 'NOBODY'"),
    ("operations.json", change_disclosure, "no party 'FR'"),
    ("operations.json", change_operation_id, "UUID"),
    ("operations.json", repeat_operation, "stands twice"),
    ("operations.json", file_too_late, "outside [opens_at, now]"),
    ("operations.json", drop_source, "no source"),
    ("operations.json", cite_unknown, "[99]"),
    ("answers.json", answer_nothing, "no such operation"),
    ("answers.json", answer_before, "before the filing"),
])
def test_what_leads_nowhere_is_refused(folder: Path, file: str, change: Callable[[Any], None], says: str) -> None:
    refusal = spoil(folder, file, change)
    assert refusal.code.name == "bad_input_file"
    assert says in refusal.detail
    assert refusal.at


@pytest.mark.parametrize(("center", "swapped"), [([36.5, 37.9], True), ([37.9, 39.5], False)])
def test_swapped_positions_are_told_as_such(folder: Path, center: list[float], swapped: bool) -> None:
    def move(items: Any) -> None:
        items[0]["outline"]["center"] = center
    refusal = spoil(folder, "sites.json", move)
    assert "outside the theatre" in refusal.detail
    assert ("swapped it would be inside" in refusal.detail) == swapped
