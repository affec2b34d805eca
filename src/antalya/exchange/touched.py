"""Which operations a change of the registry touches: what it may have changed is found by checking these again."""

from collections.abc import Iterable
from datetime import datetime

from antalya.exchange.checking import since
from antalya.model.findings import Opened
from antalya.model.places import Site
from antalya.model.rules import Corridor, Incompatible, KeepOut, Protect
from antalya.model.understandings import Understanding
from antalya.model.volume import Outline
from antalya.picture import Rulebook, shape_of
from antalya.ports import Transaction


def by_understanding(tx: Transaction, understanding: Understanding, rulebook: Rulebook, now: datetime) -> list[str]:
    """Operations that an understanding can touch: those near its rules' areas, or all live ones where a rule has no area or the
    signatories chose what they show each other, for they may clash anywhere; and those of which something was found by it, also
    where they were out of the index since."""
    if understanding.disclosure is not None:
        return standing(tx, rulebook, now)
    ids = dict.fromkeys(found_of(tx.findings_under("understanding", understanding.id)))
    for rule in understanding.rules:
        outline = rulebook.outline_of(rule)
        if outline is None or isinstance(rule, KeepOut | Incompatible | Corridor | Protect):
            return standing(tx, rulebook, now)
        ids |= dict.fromkeys(near(tx, outline, 0.0, now))
    return list(ids)


def standing(tx: Transaction, rulebook: Rulebook, now: datetime) -> list[str]:
    """All live operations of which something may be found: also those that have just ended (`since`)."""
    return tx.live_operations(since(rulebook, now))


def by_site(tx: Transaction, site: Site, rulebook: Rulebook, now: datetime) -> list[str]:
    """Operations near a site: as near as its own stand-off or any `protect` rule's; and those that were found to be."""
    around = near(tx, site.outline, max([site.stand_off_m, *(r.stand_off_m for _, r in rulebook.of_kind(Protect))]), now)
    return [*around, *found_of(tx.findings_under("site", site.id))]


def found_of(found: Iterable[Opened]) -> list[str]:
    """The operations that findings are about."""
    return [id_ for opened in found for id_ in (opened.finding.operation, opened.finding.other) if id_ is not None]


def near(tx: Transaction, outline: Outline, margin_m: float, now: datetime) -> list[str]:
    """Operations with a volume near an outline, also one that is over while others are to come, unless it is out of the index."""
    ever, far = datetime.min.replace(tzinfo=now.tzinfo), datetime.max.replace(tzinfo=now.tzinfo)
    return [p.operation.id for p in tx.within(shape_of(outline), ever, far, margin_m)]
