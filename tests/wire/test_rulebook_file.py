"""Rulebooks from TOML: what they hold, what is assumed, every way to be wrong, with the place."""

from datetime import UTC, datetime, time

import pytest

from antalya.model.errors import AntalyaError
from antalya.model.rules import Consent, Hotline, Limit
from antalya.wire.rulebook_file import RulebookFile, read_rulebook

AREA = """
[[areas]]
id = "m"
name = "Manbij"
outline = { type = "Circle", center = [37.9, 36.5], radius_m = 9000 }
"""
SITE = """
[[sites]]
id = "h"
owner = "UN"
name = "Hospital"
kind = "hospital"
outline = { type = "Circle", center = [37.9, 36.5], radius_m = 90 }
valid_from = 2017-01-01T00:00:00Z
expires_at = 2018-01-01T00:00:00+03:00
"""
AGREED = '[[understandings]]\nid = "u"\nsignatories = ["US", "RU"]\n'
RULE = "[[understandings.rules]]\n"


def read(text: str) -> RulebookFile:
    return read_rulebook(text.encode(), "rules.toml")


def refused(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(AntalyaError) as wrong:
        read_rulebook(text.encode() if isinstance(text, str) else text, "rules.toml")
    return wrong.value.code.name, wrong.value.at


def test_a_whole_rulebook() -> None:
    book = read(AREA + SITE + '[[forces]]\nid = "SDF"\nname = "SDF"\nanswers = "US"\n' + AGREED + 'until = 2019-01-01T00:00:00Z\n'
                + RULE + 'kind = "consent"\narea = "m"\nof = ["SDF", "RU"]\n'
                + RULE + 'id = "day"\nkind = "limit"\ndaily_from = 06:00:00\ndaily_until = 18:00:00\n'
                + RULE + 'kind = "hotline"\nrungs = [{ party = "TR", role = "duty" }]\n')
    agreed = book.understandings["u"]
    assert (agreed.title, agreed.status, agreed.since) == ("u", "in-force", datetime(1900, 1, 1, tzinfo=UTC))
    assert agreed.until == datetime(2019, 1, 1, tzinfo=UTC)
    consent, limit, hotline = agreed.rules
    assert isinstance(consent, Consent)
    assert (consent.id, consent.of) == ("consent-1", ("SDF", "RU"))
    assert isinstance(limit, Limit)
    assert (limit.id, limit.daily_from) == ("day", time(6))
    assert isinstance(hotline, Hotline)
    assert set(book.parties) == {"US", "RU", "TR", "UN"}
    assert (set(book.areas), set(book.sites), set(book.forces)) == ({"m"}, {"h"}, {"SDF"})
    assert book.sites["h"].expires_at == datetime(2017, 12, 31, 21, tzinfo=UTC)


def test_a_status_that_is_given_stays_and_an_empty_file_is_an_empty_book() -> None:
    suspended = read(AGREED + 'status = "suspended"\n' + RULE + 'kind = "consent"\nof = ["US"]\n')
    assert suspended.understandings["u"].status == "suspended"
    assert read("") == RulebookFile({}, {}, {}, {}, {})


def test_where_parties_are_listed_only_those_may_be_named() -> None:
    listed = '[[parties]]\nid = "US"\nname = "United States"\n[[parties]]\nid = "RU"\nname = "Russia"\n'
    rule = AGREED + RULE + 'id = "r"\nkind = "consent"\nof = ["TR"]\n'
    assert set(read(rule).parties) == {"US", "RU", "TR"}
    assert refused(listed + rule) == ("unknown_reference", "rules.toml: understanding u, rule r")
    assert refused(listed + '[[forces]]\nid = "SDF"\nname = "x"\nanswers = "IQ"\n') == (
        "unknown_reference", "rules.toml: force SDF.answers")
    assert refused(listed + SITE) == ("unknown_reference", "rules.toml: site h.owner")
    assert refused(listed + AGREED.replace("RU", "TR") + RULE + 'kind = "consent"\nof = ["US"]\n') == (
        "unknown_reference", "rules.toml: understanding u.signatories")


@pytest.mark.parametrize(("text", "code", "at"), [
    ("[x", "bad_input_file", ""), (b"\xff", "bad_input_file", ""), ("[[things]]", "bad_input_file", ""),
    ("a = " + "[" * 5_000, "bad_input_file", ""), ("understandings = 3", "bad_input_file", ": understandings"),
    ("[areas]\nid = 'm'", "bad_input_file", ": areas"), ("areas = [3]", "bad_field", ": areas[0]"),
    ("understandings = [3]", "bad_field", ": understandings[0]"), ("[[areas]]\nid = 'm'", "bad_field", ": areas[0].name"),
    (AREA + "colour = 'red'", "bad_field", ": areas[0].colour"), (AREA + AREA, "duplicate_id", ": areas[1].id"),
    (AREA.replace("9000", "-5"), "bad_field", ": areas[0].outline.radius_m"),
    (AREA.replace("37.9, 36.5", "36.5, 137.9"), "swapped_position", ": areas[0].outline.center"),
    (AREA.replace("37.9", "nan"), "not_a_position", ": areas[0].outline.center"),
    (AREA.replace("Manbij", "Man\u202ebij"), "bad_text", ": areas[0].name"),
    (SITE.replace("2018", "2016"), "bad_window", ": sites[0].expires_at"), (SITE.replace("+03:00", ""), "naive_time",
                                                                            ": sites[0].expires_at"),
    (AGREED, "bad_field", ": understandings[0].rules"), (AGREED + "rules = 3", "bad_field", ": understandings[0].rules"),
    (AGREED + "rules = [3]", "bad_field", ": understandings[0].rules[0]"),
    (AGREED + RULE + 'kind = "consnt"', "bad_field", ": understandings[0].rules[0].kind"),
    (AGREED + RULE + 'kind = "consent"\nof = []', "bad_field", ": understandings[0].rules[0].of"),
    (AGREED + RULE + 'kind = "pause"', "bad_field", ": understandings[0].rules[0].window"),
    (AGREED + RULE + 'kind = "consent"\nof = ["US"]\narea = "z"', "unknown_reference",
     ": understanding u, rule consent-1.area"),
    (AGREED + RULE + 'kind = "consent"\nof = ["US"]\nexceptions = { areas = ["z"] }', "unknown_reference",
     ": understanding u, rule consent-1.area"),
    (AGREED + RULE + 'kind = "protect"\nsites = ["z"]', "unknown_reference", ": understanding u, rule protect-1.sites"),
    (AGREED + "since = 2017-01-01T00:00:00\n" + RULE + 'kind = "protect"', "naive_time", ": understandings[0].since"),
    (AGREED + RULE + 'kind = "protect"\n' + RULE + 'id = "protect-1"\nkind = "protect"', "bad_field",
     ": understandings[0].rules"),
])
def test_what_is_refused(text: str | bytes, code: str, at: str) -> None:
    assert refused(text) == (code, f"rules.toml{at}")
