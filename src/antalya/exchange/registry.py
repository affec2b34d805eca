"""The registry: parties, forces, areas, stances, claims, sites and understandings, and what a change of them re-checks."""

from datetime import datetime

from antalya.exchange import touched
from antalya.exchange.bridge.showing import check_keep_outs, is_released, show_keep_outs, show_site
from antalya.exchange.checking import recheck
from antalya.exchange.hub import Evidence, Hub
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.rules import AnyRule, Contact, Hotline
from antalya.model.understandings import Understanding
from antalya.picture import Rulebook
from antalya.ports import Kind, Thing, Transaction
from antalya.steps.admit import check_place, check_signed
from antalya.steps.disclose import Context, Viewer, disclose
from antalya.steps.record import EXCHANGE, Tell, signed_content, tell_of_understanding

KINDS: dict[type, Kind] = {Party: "party", Force: "force", Area: "area", Stance: "stance", Control: "control", Site: "site",
                            Understanding: "understanding"}


_RESERVED = frozenset({EXCHANGE, "operator", "*"})


def is_reserved(hub: Hub, party: str) -> bool:
    """Whether an id can be no new party's: it would be taken for the exchange, its operator or everybody."""
    return party in _RESERVED or (hub.uss is not None and party == hub.uss.id)


def kind_of(noun: Noun) -> Kind:
    """The registry kind of a noun."""
    return KINDS[type(noun)]


def put(hub: Hub, caller: Viewer, noun: Noun, evidence: Evidence, *, operator: bool, version: int | None) -> Thing:
    """Registers a noun, or changes it (`version`: the one the caller read, None for a new one).

    Parties, forces and areas are the operator's to keep; stances, claims and sites their owner's; an understanding is
    proposed by a signatory, the broker or the operator, and a change of its content drops its signatures. What the change
    touches is checked again. Raises no_scope, not_yours, duplicate_id, stale_etag, precondition_required, unknown_reference,
    wrong_state, signature_required, and what `check_place` raises.
    """
    kind, id_ = kind_of(noun), str(noun.id)  # type: ignore[attr-defined]
    with hub.refusals(kind, caller.party, id_, evidence):
        if isinstance(noun, Area | Site | Understanding):
            check_place(noun, hub.limits)

        def job(tx: Transaction) -> Thing:
            now, rulebook, old = hub.moment(tx), tx.rulebook(), tx.thing(kind, id_)
            owner = _owner(noun, caller, operator)
            check_signed(rulebook.parties.get(caller.party), evidence.kid)
            if old is not None and not operator and disclose(caller, old.noun, Context(rulebook, now)) is None:
                raise error("duplicate_id", f"a {kind} with that id exists", at="id")  # and nothing more, such as its version
            _check_version(old, version)
            if old is None and isinstance(noun, Party) and is_reserved(hub, id_):
                raise error("duplicate_id", "that is what the exchange itself, its operator or everybody is called", at="id")
            if old is not None and kind in ("stance", "control", "site") and old.owner != owner:
                raise error("not_yours", f"the {kind} belongs to another party")
            _check_references(noun, rulebook)
            if isinstance(noun, Understanding):
                _check_proposal(noun, old, caller, operator)
                if old is not None and _anew(noun, old.noun):
                    tx.drop_signatures(id_)
            kept = tx.put_thing(kind, noun, owner, now)
            hub.log(tx, kind, now, caller.party, id_, evidence.raw, version=kept.version, kid=evidence.kid)
            _after(hub, tx, noun, old, now)
            return kept
        kept = hub.store.write(job)
    hub.bell.ring()
    return kept


def _owner(noun: Noun, caller: Viewer, operator: bool) -> str:
    match noun:
        case Stance(holder=owner) | Control(claimant=owner) | Site(owner=owner):
            if owner != caller.party:
                raise error("not_yours", "only the party itself may say that")
            return owner
        case Understanding():
            return caller.party
    if not operator:
        raise error("no_scope", "parties, forces and areas are kept by the exchange's operator (antalya.operate)")
    return caller.party


def _check_version(old: Thing | None, version: int | None) -> None:
    if old is not None and version is None:
        raise error("precondition_required", f"it exists, version {old.version}")
    if version is not None and (old is None or old.version != version):
        raise error("stale_etag", "nothing there" if old is None else f"the current version is {old.version}")


def _check_proposal(noun: Understanding, old: Thing | None, caller: Viewer, operator: bool) -> None:
    if not (operator or caller.broker or caller.party in noun.signatories):
        raise error("not_yours", "an understanding is proposed by one of its signatories or the broker")
    if len(set(noun.signatories)) < 2 and not (operator or caller.broker):
        raise error("bad_field", "a party agrees with at least one other; what one alone wants kept, the broker or the operator "
                                 "proposes", at="signatories")
    before = old.noun if old is not None else None
    if isinstance(before, Understanding) and not (operator or caller.broker or caller.party in before.signatories):
        raise error("not_yours", "the understanding is between other parties")
    if noun.status != "proposed":
        raise error("wrong_state", "an understanding is proposed; signatures put it in force", at="status")
    if isinstance(before, Understanding) and before.status in ("in-force", "suspended"):
        raise error("wrong_state", "it was signed; end it, and propose another", at="status")


def _anew(noun: Understanding, before: Noun) -> bool:
    """Whether what is proposed is to be signed by everybody again: another content, or what had ended."""
    return not isinstance(before, Understanding) or before.status == "ended" or signed_content(before) != signed_content(noun)


def _check_references(noun: Noun, rulebook: Rulebook) -> None:
    """Everything a noun names has to be there. Raises unknown_reference."""
    parties: list[str] = []
    movers: list[str] = []
    areas: list[str] = []
    match noun:
        case Force(answers=party):
            parties = [party]
        case Stance(holder=party, towards=force):
            parties, movers = [party], [force]
        case Control(claimant=party, force=force, area=area):
            parties, movers, areas = [party], [force], [area]
        case Site(owner=party):
            parties = [party]
        case Understanding():
            parties = list(noun.signatories)
            for rule in noun.rules:
                areas += [a for a in (rule.area, *rule.exceptions.areas) if a is not None]
                movers += _named(rule)
    for party in parties:
        if party not in rulebook.parties:
            raise error("unknown_reference", f"no party {party!r}")
    for mover in movers:
        rulebook.party_of(mover)
    for area in areas:
        if area not in rulebook.areas:
            raise error("unknown_reference", f"no area {area!r}")


def _named(rule: AnyRule) -> list[str]:
    """The parties and forces a rule names."""
    named = [*rule.parties, *rule.forces, *rule.exceptions.parties, *rule.exceptions.forces]
    for name in ("of", "unless_told", "between", "pair", "holders", "notify"):
        named += getattr(rule, name, ())
    if isinstance(rule, Hotline):
        named += [rung.party for rung in rule.rungs if isinstance(rung, Contact)]
    return named


def _after(hub: Hub, tx: Transaction, noun: Noun, old: Thing | None, now: datetime) -> None:
    """Checks again what a registry change touches, and tells whom it concerns."""
    rulebook, tells, ids = tx.rulebook(), list[Tell](), list[str]()
    match noun:
        case Understanding():
            tells = tell_of_understanding(noun)
            check_keep_outs(hub, noun, rulebook)
        case Site():
            show_site(hub, tx, noun, now, before=old is not None and isinstance(old.noun, Site) and is_released(old.noun))
            for site in (noun, *((old.noun,) if old is not None and isinstance(old.noun, Site) else ())):
                ids += touched.by_site(tx, site, rulebook, now)
        case Area() if old is not None:
            ruled = {u.id: u for u, rule in rulebook.rules() if noun.id in (rule.area, *rule.exceptions.areas)}
            for understanding in ruled.values():
                show_keep_outs(hub, tx, understanding, rulebook, now)
            ids = touched.standing(tx, rulebook, now) if ruled else []
        case Force() if old is not None and isinstance(old.noun, Force) and old.noun.answers != noun.answers:
            ids = touched.standing(tx, rulebook, now)  # rules mean parties by their forces, too
    if ids or tells:
        changes = recheck(hub, tx, ids, now, f"{kind_of(noun)} changed", rulebook=rulebook)
        hub.tell(tx, [*tells, *changes.tells], now)
