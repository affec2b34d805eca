"""The table of findings: what it gathers from the views, and that it can be read in narrow and wide terminals."""

import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from antalya.entry.report import Row, Told, heights, rows
from antalya.entry.tables import clearances_table, findings_table, plain, sight_table, when
from antalya.entry.terminal import short

SQUARE = {"type": "Polygon", "coordinates": [[[37.8, 36.5], [37.85, 36.5], [37.85, 36.55], [37.8, 36.55], [37.8, 36.5]]]}

PLACE, BAND = {"region": SQUARE}, {"lower_m": 299.6, "upper_m": 1000.2}


def finding(id: str, **more: Any) -> dict[str, Any]:
    base = {"id": id, "level": "details", "kind": "clash", "effect": "hold", "settled": False, "why": "clash",
            "text": f"why {id}", "rule_kind": None, "understanding": None, "operation": "op-tr", "other": "op-us", "site": None,
            "met": [PLACE | BAND], "remedies": [{"operation": o, "text": "Start later."} for o in ("op-tr", "op-tr", "op-us")],
            "starts_at": "2017-03-08T04:00:00Z", "ends_at": "2017-03-08T07:00:00Z", "closed_at": None}
    return base | more


def operation(id: str, party: str, title: str, clearance: str) -> dict[str, Any]:
    return {"id": id, "level": "details", "clearance": clearance, "operation": {
        "id": id, "party": party, "title": title, "activity": "patrol",
        "volumes": [{"starts_at": "2017-03-07T22:00:00Z", "ends_at": "2017-03-08T04:00:00Z", "outline": SQUARE} | BAND,
                    {"starts_at": "2017-03-08T04:00:00Z", "ends_at": "2017-03-08T07:00:00Z", "outline": SQUARE} | BAND]}}


PICTURE: dict[str, Any] = {
    "parties": [{"id": "TR", "name": "Turkey"}, {"id": "US", "name": "United States"}, {"id": "RU", "name": "Russia"}],
    "operations": [operation("op-tr", "TR", "Move", "held"), operation("op-us", "US", "", "clear")],
    "sites": [{"id": "site-1", "name": "مستشفى"}],
    "understandings": [{"id": "u1", "title": "Consent at Manbij"}],
    "findings": [
        finding("noted", effect="none"),
        finding("clash"),
        finding("consent", kind="breach", rule_kind="consent", understanding="u1", other=None, settled=True),
        finding("joint", kind="breach", why="joint-force", other=None),
        finding("hospital", kind="hazard", effect="block", rule_kind="protect", other=None, site="site-1", met=[],
                starts_at=None, ends_at=None, remedies=[]),
    ],
    "asks": [{"id": "ask-1", "finding": "consent", "of": "RU", "state": "granted"},
             {"id": "ask-3", "finding": "joint", "of": "US", "state": "refused"}],
    "told": [{"at": "2017-03-06T09:00:00Z", "party": "TR", "type": "finding.opened", "subject": "clash"},
             {"at": "2017-03-06T09:05:00Z", "party": "TR", "type": "finding.opened", "subject": "clash"},
             {"at": "2017-03-06T09:00:01Z", "party": "RU", "type": "ask.opened", "subject": "ask-1"}],
}
VIEWS: dict[str, Any] = {
    "TR": {"findings": [finding("clash", level="overlap"), finding("consent")], "asks": []},
    "US": {"findings": [finding("clash", level="overlap")], "asks": []},
    "RU": {"findings": [], "asks": [{"id": "ask-1", "finding": "consent", "of": "RU", "state": "granted"},
                                    {"id": "ask-2", "finding": "clash", "of": "TR", "state": "open"}]},
}


def test_rows_are_sorted_by_gravity_and_say_who_what_where_when() -> None:
    found = rows(PICTURE, VIEWS)
    assert [(row.id, row.state) for row in found] == [("hospital", "BLOCKED"), ("joint", "REFUSED"), ("clash", "HELD"),
                                                      ("consent", "SETTLED"), ("noted", "NOTED")]
    hospital, joint, clash, consent, _ = found
    assert joint.what == "Breach, a force of another party without its consent"
    assert clash.who == ("Turkey: Move (gives way)", "United States: patrol")
    assert clash.what == "Clash"
    assert re.fullmatch(r"\d+ km [NSEW]+ of \w.*, 299 to 1,001 m", clash.where), "no narrower than it is"
    assert (clash.starts_at, clash.ends_at) == (datetime(2017, 3, 8, 4, tzinfo=UTC), datetime(2017, 3, 8, 7, tzinfo=UTC))
    assert clash.remedies == ("Turkey: Start later.", "United States: Start later."), "each side sees which are its own"
    assert consent.remedies == ("Start later.",)
    assert consent.what == "Breach, consent rule of “Consent at Manbij”"
    assert hospital.who == ("Turkey: Move", "مستشفى")
    assert (hospital.where, hospital.starts_at) == (clash.where, datetime(2017, 3, 7, 22, tzinfo=UTC)), "where its operation is"


def test_who_sees_an_envelope_sees_where_and_when_it_is_in_what_it_is_asked_about() -> None:
    window = {"starts_at": "2017-03-08T04:00:00Z", "ends_at": "2017-03-08T07:00:00Z"}
    volume = window | BAND | {"outline": SQUARE}
    envelope = {"id": "op-tr", "level": "envelope", "party": "TR", "activity": "patrol", "envelope": volume}
    asked = finding("asked", kind="breach", level="envelope", other=None, met=[], starts_at=None, ends_at=None)
    [row] = rows(PICTURE | {"operations": [envelope], "findings": [asked]}, {})
    assert re.fullmatch(r"\d+ km [NSEW]+ of .*, 299 to 1,001 m \(envelope\)", row.where)
    assert when(row.starts_at, row.ends_at) == "2017-03-08 04:00–07:00"
    [unseen] = rows(PICTURE | {"operations": [], "findings": [asked | {"met": [{"region": None} | BAND]}]}, {})
    assert unseen.where == "–, 299 to 1,001 m"
    [hidden] = rows(PICTURE | {"operations": [], "findings": [asked]}, {})
    assert (hidden.where, hidden.starts_at) == ("–", None)


@pytest.mark.parametrize(("operation", "other", "who"), [
    (None, "op-us", ("another party (gives way)", "United States: patrol")),
    ("op-tr", None, ("Turkey: Move (gives way)", "another party"))])
def test_who_sees_one_side_of_a_clash_is_told_whether_it_gives_way(operation: str, other: str, who: tuple[str, ...]) -> None:
    seen = PICTURE | {"findings": [finding("clash", operation=operation, other=other, level="overlap")]}
    assert rows(seen, {})[0].who == who


def test_remedies_of_two_operations_of_one_party_are_told_apart_by_their_titles() -> None:
    own = PICTURE | {"operations": [operation("op-tr", "TR", "Move", "held"), operation("op-us", "TR", "", "clear")]}
    assert next(row for row in rows(own, VIEWS) if row.id == "clash").remedies == ("Move: Start later.", "op-us: Start later.")


def test_told_joins_levels_of_the_views_with_times_of_the_log() -> None:
    told = {row.id: row.told for row in rows(PICTURE, VIEWS)}
    assert told["clash"] == (Told("Turkey", "overlap", datetime(2017, 3, 6, 9, tzinfo=UTC)),
                             Told("United States", "overlap", None))
    assert told["consent"] == (Told("Turkey", "details", None),
                               Told("Russia", "overlap, asked (granted)", datetime(2017, 3, 6, 9, 0, 1, tzinfo=UTC)))
    assert told["hospital"] == ()


def printed(width: int, found: list[Row], **options: Any) -> str:
    out = StringIO()
    findings_table(Console(file=out, width=width, **options), found)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 139, 140, 160, 200])
def test_every_word_is_printed_within_the_width_and_without_colour(width: int) -> None:
    text = printed(width, rows(PICTURE, VIEWS))
    assert "\x1b" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= width
    flat = re.sub(r"\s", "", text)
    for word in ("BLOCKED", "REFUSED", "HELD", "SETTLED", "NOTED", "Move", "مستشفى", "2017-03-08", "overlap", "Startlater",
                 "whyclash"):
        assert word in flat


def test_wide_is_one_table_and_narrow_are_blocks() -> None:
    assert "What would remove it" in printed(160, rows(PICTURE, VIEWS))
    narrow = printed(80, rows(PICTURE, VIEWS))
    assert "What would remove it" not in narrow
    assert narrow.count("remedy") == 5


def test_colours_on_a_terminal_only() -> None:
    assert "\x1b[" in printed(80, rows(PICTURE, VIEWS), force_terminal=True, color_system="standard")


def test_markup_in_a_title_is_text() -> None:
    row = Row(id="1", state="HELD", who=("[red]Turkey[/red]",), what="[/]", where="–", starts_at=None, ends_at=None, why="",
              remedies=(), told=())
    assert "[red]Turkey[/red]" in printed(80, [row])


def test_no_findings() -> None:
    assert printed(80, []) == "No findings.\n"


def test_right_to_left_words_are_isolated_and_keep_the_columns() -> None:
    assert plain("منبج").plain == "\u2068منبج\u2069"
    assert cell_len(plain("منبج").plain) == 4
    assert plain("Münbiç Манбидж").plain == "Münbiç Манбидж"


def test_when_names_the_second_day_where_it_differs() -> None:
    one, two = datetime(2017, 3, 7, 22, tzinfo=UTC), datetime(2017, 3, 8, 4, tzinfo=UTC)
    assert when(one, two) == "2017-03-07 22:00 – 2017-03-08 04:00"
    assert when(two, two) == "2017-03-08 04:00–04:00"
    assert when(None, two) == "–"


def test_no_second_of_a_window_is_cut_off() -> None:
    one, two = datetime(2017, 3, 7, 8, 0, 30, tzinfo=UTC), datetime(2017, 3, 7, 8, 14, 59, 5, tzinfo=UTC)
    assert when(one, two) == "2017-03-07 08:00:30–08:15"
    assert when(one, two.replace(second=20)) == "2017-03-07 08:00:30–08:14:21"
    assert when(one, datetime.max.replace(tzinfo=UTC)) == "2017-03-07 08:00:30 – 9999-12-31 23:59:59"
    assert short("2017-03-07T08:00:30Z") == "2017-03-07 08:00:30"
    assert (short("2017-03-07T08:00:00Z"), short("2017-03-07T08:00:00.5Z"), short(None)) == (*["2017-03-07 08:00"] * 2, "")
    assert short("2017-03-07T08:00:00.5Z", up=True) == "2017-03-07 08:00:01"


@pytest.mark.parametrize("width", [80, 160])
def test_clearances(width: int) -> None:
    out = StringIO()
    clearances_table(Console(file=out, width=width), PICTURE)
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    held = next(line for line in lines if "Move" in line)
    assert re.search(r"Turkey +Move +2017-03-07 22:00 – 2017-03-08 07:00 +HELD", held)
    assert any(re.search("United States +patrol .* CLEAR", line) for line in lines)


@pytest.mark.parametrize("width", [60, 160])
def test_who_sees_how_much_of_each_operation(width: int) -> None:
    views = {party: view | {"operations": []} for party, view in VIEWS.items()}
    views["TR"]["operations"] = [{"id": "op-tr", "level": "details"}]
    views["RU"]["operations"] = [{"id": "op-tr", "level": "envelope"}]
    out = StringIO()
    sight_table(Console(file=out, width=width), PICTURE, views)
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    said = {line.split()[0]: line.split()[1:] for line in lines if line.split() and line.split()[0] in ("Move", "patrol")}
    assert said == {"Move": ["details", "overlap", "envelope"], "patrol": ["overlap", "overlap", "nothing"]}


@pytest.mark.parametrize(("lower_m", "upper_m", "said"), [
    (304.8, 914.4, "304 to 915 m"), (0, 0.4, "0 to 1 m"), (-0.4, -0.2, "-1 to 0 m"), (99.9999999, 2e5 + 1e-7, "100 to 200,000 m")])
def test_a_band_is_written_no_narrower_than_it_is(lower_m: float, upper_m: float, said: str) -> None:
    assert heights(lower_m, upper_m) == said
