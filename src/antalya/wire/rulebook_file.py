"""Understandings, areas, sites, forces and parties from a TOML file, for checks without a server.

Tables `[[parties]]`, `[[forces]]`, `[[areas]]`, `[[sites]]`, `[[understandings]]` with `[[understandings.rules]]`, their
members named as in the API. In a file an understanding is in force unless its `status` says otherwise; without `title`,
`since` and a rule's `id` it gets its id, 1900 and the rule's kind and number. Where no parties are listed, whoever the
file names counts as one.
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec

from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.model.parties import Force, Party
from antalya.model.places import Area, Site
from antalya.model.rules import AnyRule, Hotline, Protect
from antalya.model.understandings import Understanding
from antalya.wire.decode import from_builtins

T = TypeVar("T", bound=Noun)
SINCE = "1900-01-01T00:00:00Z"
_KINDS: dict[str, type[Noun]] = {"parties": Party, "forces": Force, "areas": Area, "sites": Site}
_MOVERS = ("parties", "forces", "of", "unless_told", "between", "pair", "holders", "notify")


@dataclass(frozen=True, slots=True)
class RulebookFile:
    """What a rulebook file holds, by id. `listed`: its parties are listed, not gathered from what it names."""

    parties: Mapping[str, Party]
    forces: Mapping[str, Force]
    areas: Mapping[str, Area]
    sites: Mapping[str, Site]
    understandings: Mapping[str, Understanding]
    listed: bool = False


def read_rulebook(data: bytes, file: str) -> RulebookFile:
    """The rulebook in a TOML file; `file` is its name, for the places in errors.

    Raises bad_input_file (not TOML, an unknown table), duplicate_id, unknown_reference and what the nouns raise, with the
    place: `rules.toml: understandings[0].rules[2].area`.
    """
    try:
        tables = msgspec.toml.decode(data.removeprefix(BOM_UTF8))  # as editors on Windows begin a file
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as wrong:
        raise error("bad_input_file", f"this is not TOML: {wrong}", at=file) from None
    unknown = sorted(tables.keys() - _KINDS.keys() - {"understandings"})
    if unknown:
        there = ", ".join((*_KINDS, "understandings"))
        raise error("bad_input_file", f"no table {unknown[0][:40]!r}; there are {there}", at=file)
    nouns: dict[str, dict[str, Any]] = {
        name: _by_id(tables, name, file, partial(_noun, kind)) for name, kind in _KINDS.items()}
    understandings: dict[str, Understanding] = _by_id(tables, "understandings", file, _understanding)
    listed = bool(nouns["parties"])
    if not listed:
        ids = {s for u in understandings.values() for s in u.signatories} | {f.answers for f in nouns["forces"].values()}
        ids |= {s.owner for s in nouns["sites"].values()}
        ids |= {id_ for u in understandings.values() for rule in u.rules for id_ in _named(rule) if id_ not in nouns["forces"]}
        nouns["parties"] = {id_: Party(id=id_, name=id_) for id_ in sorted(ids)}
    book = RulebookFile(**nouns, understandings=understandings, listed=listed)
    _check_references(book, file)
    return book


def _by_id(tables: Mapping[str, Any], name: str, file: str, read: Callable[[Any, str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    items = tables.get(name, [])
    if not isinstance(items, list):
        raise error("bad_input_file", f"write [[{name}]], with two brackets", at=f"{file}: {name}")
    for i, item in enumerate(items):
        noun = read(item, f"{file}: {name}[{i}]")
        if noun.id in found:
            raise error("duplicate_id", f"the id {noun.id!r} stands twice", at=f"{file}: {name}[{i}].id")
        found[noun.id] = noun
    return found


def _noun(kind: type[T], table: Any, at: str) -> T:
    return from_builtins(table, kind, at=at)


def _understanding(table: Any, at: str) -> Understanding:
    if not isinstance(table, dict):
        raise error("bad_field", "a table is wanted", at=at)
    listed = table.get("rules", [])
    if not isinstance(listed, list):
        raise error("bad_field", "write [[understandings.rules]], with two brackets", at=f"{at}.rules")
    rules = []
    for i, rule in enumerate(listed):
        if not isinstance(rule, dict):
            raise error("bad_field", "a table is wanted", at=f"{at}.rules[{i}]")
        rules.append(_rule({"id": f"{rule.get('kind', 'rule')}-{i + 1}", **rule}, f"{at}.rules[{i}]"))
    given = {"title": table.get("id"), "since": SINCE, "status": "in-force", **table, "rules": rules}
    return from_builtins(given, Understanding, at=at)


def _rule(table: dict[str, Any], at: str) -> AnyRule:
    rule: AnyRule = from_builtins(table, AnyRule, at=at)  # type: ignore[arg-type]
    return rule


def _named(rule: AnyRule) -> Iterator[str]:
    """The parties and forces a rule names."""
    for name in _MOVERS:
        yield from getattr(rule, name, ())
    yield from (*rule.exceptions.parties, *rule.exceptions.forces)
    if isinstance(rule, Hotline):
        yield from (rung.party for rung in rule.rungs)


def _check_references(book: RulebookFile, file: str) -> None:
    movers = book.parties.keys() | book.forces.keys()
    for id_, force in book.forces.items():
        _known(force.answers, book.parties, "party", f"{file}: force {id_}.answers")
    for id_, site in book.sites.items():
        _known(site.owner, book.parties, "party", f"{file}: site {id_}.owner")
    for id_, understanding in book.understandings.items():
        for party in understanding.signatories:
            _known(party, book.parties, "party", f"{file}: understanding {id_}.signatories")
        for rule in understanding.rules:
            at = f"{file}: understanding {id_}, rule {rule.id}"
            for mover in _named(rule):
                _known(mover, movers, "party or force", at)
            for area in (rule.area, *rule.exceptions.areas):
                if area is not None:
                    _known(area, book.areas, "area", f"{at}.area")
            for site_id in rule.sites if isinstance(rule, Protect) else ():
                _known(site_id, book.sites, "site", f"{at}.sites")


def _known(id_: str, ids: Mapping[str, object] | set[str], what: str, at: str) -> None:
    if id_ not in ids:
        raise error("unknown_reference", f"no {what} {id_!r} in the file", at=at)
