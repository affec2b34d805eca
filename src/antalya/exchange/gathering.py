"""Gathering what a view depends on, from one moment of the store: how much of each operation the viewer sees, and what is around
the findings and asks that are viewed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from antalya.exchange.checking import clearances
from antalya.model.asks import Answer, Ask
from antalya.model.findings import Finding, Opened
from antalya.model.operations import LIVE
from antalya.model.parties import Level
from antalya.picture import Rulebook
from antalya.ports import Reader
from antalya.steps.clear import clearance, settled
from antalya.steps.disclose import Context, Viewer
from antalya.steps.disclose.levels import level_of


def gather(tx: Reader, viewer: Viewer, ids: Iterable[str], now: datetime, *, findings: Sequence[Opened] = (),
           asks: Sequence[Ask] = (), rulebook: Rulebook | None = None, encoded: bool = False) -> Context:
    """Everything the views of these operations, findings and asks depend on; `encoded` as for `Context`."""
    rulebook = rulebook or tx.rulebook()
    given = [*findings, *tx.findings_of({a.finding for a in asks} - {o.finding.id for o in findings}).values()] if asks \
        else findings
    wanted = {*ids, *(a.operation for a in asks),
              *(id_ for o in given for id_ in (o.finding.operation, o.finding.other) if id_ is not None)}
    standing = {o.finding.id: o.finding for o in (*tx.findings(operations=wanted), *given) if o.closed_at is None}
    around = {o.finding.id: o.finding for o in given} | standing
    stored = tx.operations_of(wanted | {o for f in around.values() for o in (f.operation, f.other) if o is not None})
    operations = {id_: s.operation for id_, s in stored.items()}
    if not around and not asks:
        seen: dict[str, Level] = {id_: level_of(viewer, o, (), (), {}, rulebook, now) for id_, o in operations.items()}
        seen |= dict.fromkeys(wanted - seen.keys(), "nothing")
        return Context(rulebook=rulebook, now=now, levels=seen, operations=operations, encoded=encoded,
                       clearances={id_: clearance((), {}, now) for id_, o in operations.items()
                                   if seen[id_] == "details" and o.state in LIVE})
    by_finding: dict[str, list[Ask]] = {}
    for ask in tx.asks(findings=standing) if standing else ():
        by_finding.setdefault(ask.finding, []).append(ask)
    answers: dict[str, list[Answer]] = {}
    for answer in tx.answers({a.id for a in asks}) if asks else ():
        answers.setdefault(answer.ask, []).append(answer)
    touching: dict[str, list[Finding]] = {}
    for f in standing.values():  # what was found once, and asked because of it, shows nothing of what is now
        for o in dict.fromkeys((f.operation, f.other)):
            if o is not None:
                touching.setdefault(o, []).append(f)
    levels = {id_: level_of(viewer, o, touching.get(id_, ()), [a for f in touching.get(id_, ())
                                                               for a in by_finding.get(f.id, ()) if a.operation == id_],
                            operations, rulebook, now) for id_, o in operations.items()}
    levels |= {id_: "nothing" for id_ in wanted if id_ not in levels}
    return Context(rulebook=rulebook, now=now, levels=levels, operations=operations, encoded=encoded,
                   clearances=clearances(tx, {id_ for id_ in wanted & operations.keys()
                                              if levels[id_] == "details" and operations[id_].state in LIVE}, now),
                   findings=around, asks=by_finding, answers=answers,
                   settled=frozenset(f.id for f in standing.values() if settled(f, by_finding.get(f.id, ()), now)))
