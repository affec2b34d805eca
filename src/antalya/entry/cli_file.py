"""`antalya file`: operations from files to an exchange; change and withdraw them."""

import hashlib
import re
import uuid
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
import typer

from antalya.entry.client import LOCAL, Exchange, SignWith, Token, TokenFile, Url, address, seconds_until
from antalya.entry.terminal import AsJson, bars, hush, say, short, show_error, warn
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.wire.canonical import canonical
from antalya.wire.decode import decode

Job = Callable[[], Sequence[Any | AntalyaError]]
"""Something to be sent: what came of each filing in it."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MANY = 20
"""From so many operations on there is a progress bar."""
_FILING = "/v1/operations"
_TOGETHER = 50
"""So many filings at most are sent in one request: they are answered when all of them are kept."""
_AROUND_BYTES = 500
"""Room for what is round an operation in a request; a notice is a third longer than what it says."""
_HOPELESS = (4, 6)
"""Exit codes of errors that every further filing would meet too: not allowed, not there."""


def file(
    files: Annotated[list[Path] | None, typer.Argument(help="GeoJSON, or operations as the API takes them.")] = None,
    sign_with: SignWith = None,
    update: Annotated[bool, typer.Option("--update", help="Change operations filed before; the files have their ids.")] = False,
    withdraw: Annotated[list[str] | None, typer.Option(help="Withdraw this operation; again for more.", metavar="ID")] = None,
    receipt: Annotated[Path | None, typer.Option(help="Add the receipts to this file, one JSON a line.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="File what was filed before once more, as other operations.")] = False,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """File operations; change or withdraw them. Exit code 0: all clear, 1: one is held or blocked.

    Filing the same file again is the same filing: it gets the leaf it had, and how the operation is now; nothing is filed twice.
    In GeoJSON a feature's `operation` is its id where it is a UUID; otherwise the id follows from the content. What is refused
    doesn't stop the rest.
    """
    exchange = Exchange(url, token, token_file, sign_with)
    operations = list(read_operations(files or [], lambda: str(exchange.get("/v1/me").json()["party"]), anew))
    count = len(operations) + len(withdraw or [])
    if not count:
        raise error("bad_input_file", "there is nothing to file", at="files")
    codes, outcomes = list[int](), list[Any]()
    with _told(outcomes, as_json), bars(as_json or count < _MANY) as bar, _open(receipt) as out:
        step = bar("Filing", count)
        for job in _jobs(exchange, operations, update, withdraw or []):
            answers = _answers(job)
            for answer in answers:
                step()
                if isinstance(answer, AntalyaError):
                    codes.append(show_error(answer, as_json))
                    continue
                _keep(out, answer["receipt"])
                outcomes.append(answer)
                if not as_json:
                    try:
                        _print_outcome(answer)
                    except BrokenPipeError:  # what nobody reads is filed all the same
                        hush()
                codes.append(0 if _over(answer) or answer["clearance"] == "clear" else 1)
            if any(code in _HOPELESS for code in codes[-len(answers):]):
                break
    raise typer.Exit(next((code for code in codes if code > 1), max(codes)))


@contextmanager
def _told(outcomes: Sequence[Any], as_json: bool) -> Iterator[None]:
    """With --json, prints what was filed as one document at the end; also where it is stopped before, if anything was."""
    try:
        yield
    except (KeyboardInterrupt, AntalyaError):
        if as_json and outcomes:
            say(outcomes)
        raise
    if as_json:
        say(outcomes)


def _jobs(exchange: Exchange, operations: Sequence[Operation], update: bool, withdrawn: list[str]) -> Iterator[Job]:
    for id_ in withdrawn:
        yield partial(_one, id_, id_, partial(_withdraw, exchange, id_))
    if update:
        yield from (partial(_one, o.id, _place(o), partial(_change, exchange, o)) for o in operations)
    elif len(operations) == 1:
        yield partial(_one, operations[0].id, _place(operations[0]), partial(_file, exchange, operations[0]))
    else:
        yield from (partial(_file_several, exchange, some) for some in _several(exchange, operations))


def _place(operation: Operation) -> str:
    """Where an operation is to be looked for: its place in its file, if it has one."""
    return operation.source or operation.title or operation.id


def _one(id: str, place: str, job: Job) -> Sequence[Any | AntalyaError]:
    """What came of one filing; a refusal says of which."""
    return [_of(answer, id, place) for answer in _answers(job)]


def _of(answer: Any | AntalyaError, id: str, place: str) -> Any | AntalyaError:
    if not isinstance(answer, AntalyaError):
        return answer
    at = f"{place}: {answer.at}" if answer.at else place
    return AntalyaError(answer.code, answer.detail, at=at, **{"operation": id} | answer.extra)


def _answers(job: Job) -> Sequence[Any | AntalyaError]:
    try:
        return job()
    except AntalyaError as refusal:
        return [refusal]


def _file(exchange: Exchange, operation: Operation) -> Sequence[Any]:
    return [exchange.send("POST", _FILING, operation, idempotency_key=_key(operation))]


def _several(exchange: Exchange, operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Operations in parts that one request may have."""
    if not operations:
        return
    limits, some, room = exchange.get("/v1/limits").json(), list[Operation](), 0
    most = min(_TOGETHER, limits["filings"], limits["burst"])
    for operation in operations:
        needed = 2 * len(canonical(operation)) + _AROUND_BYTES
        if some and (needed > room or len(some) == most):
            yield some
            some = []
        room = (room if some else limits["body_bytes"] - _AROUND_BYTES) - needed
        some.append(operation)
    yield some


def _file_several(exchange: Exchange, operations: list[Operation]) -> Sequence[Any | AntalyaError]:
    parts = list[dict[str, object]]()
    for operation in operations:
        content = canonical(operation)
        notice = exchange.signed("POST", _FILING, content)
        said: dict[str, object] = {"notice": notice.decode()} if notice else {"operation": msgspec.Raw(content)}
        parts.append(said | {"idempotency_key": _key(operation)})
    try:
        answers = exchange.send_several("/v1/filings", parts)
    except AntalyaError as refusal:  # of all of them
        more = f" and {len(operations) - 1} more" if len(operations) > 1 else ""
        return [_of(refusal, operations[0].id, f"{_place(operations[0])}{more}")]
    for n, answer in enumerate(answers):
        if isinstance(answer, AntalyaError) and seconds_until(answer) is not None:  # it was too busy for this one
            answers[n] = _answers(partial(_file, exchange, operations[n]))[0]
    return [_of(answer, operation.id, _place(operation)) for answer, operation in zip(answers, operations, strict=True)]


def _key(operation: Operation) -> str:
    """The same for the same operation: sent again, it is filed once."""
    return hashlib.sha256(canonical(operation)).hexdigest()


def _change(exchange: Exchange, operation: Operation) -> Sequence[Any]:
    path = address("operations", operation.id)
    return [exchange.send("PUT", path, operation, if_match=exchange.etag(path))]


def _withdraw(exchange: Exchange, id: str) -> Sequence[Any]:
    path = address("operations", id)
    return [exchange.send("DELETE", path, {}, if_match=exchange.etag(path))]  # a body, so that there is something to sign


def read_operations(files: list[Path], me: Callable[[], str], anew: bool = False) -> Iterator[Operation]:
    """Operations from files: API JSON (one, or a list), or GeoJSON, where `me()` is whose they are. Raises bad_input_file and
    what the formats raise, with the place."""
    for path in files:
        try:
            raw = path.read_bytes().removeprefix(BOM_UTF8)  # as editors on Windows begin a file
        except OSError as failure:
            raise error("bad_input_file", failure.strerror or "it can't be read", at=str(path)) from None
        try:
            top = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            top = None  # whichever reader is next says what is wrong with it
        if isinstance(top, dict) and "volumes" in top:
            yield decode(raw, Operation, at=str(path))
        elif isinstance(top, list) and top and all(isinstance(item, dict) and "volumes" in item for item in top):
            for i, item in enumerate(top):
                yield decode(msgspec.json.encode(item), Operation, at=f"{path}[{i}]")
        else:
            yield from _from_geojson(raw, path, me(), anew)


def _from_geojson(raw: bytes, path: Path, party: str, anew: bool) -> Iterator[Operation]:
    from antalya.store.system import ids
    from antalya.wire.features import operations_of
    from antalya.wire.geojson import read_features
    read = operations_of((str(path), i, feature) for i, feature in enumerate(read_features(raw, str(path))))
    for text in read.warnings:
        warn(text)
    for operation in read.operations:
        named = operation.id.lower()
        if operation.party not in (party, *read.unnamed):
            raise error("not_yours", f"the plan is {operation.party}'s, your token is {party}'s", at=operation.source)
        mine = msgspec.structs.replace(operation, id="", party=party, title=operation.title or operation.id)
        if _UUID.fullmatch(named):
            yield msgspec.structs.replace(mine, id=named, title=operation.title)
        else:
            hash_ = hashlib.sha256(canonical(msgspec.structs.replace(mine, source=""))).digest()
            yield msgspec.structs.replace(mine, id=ids() if anew else str(uuid.UUID(bytes=hash_[:16], version=4)))


def _open(path: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    """The file receipts are added to; nothing is written over. Raises bad_setting."""
    if path is None:
        return nullcontext()
    try:
        return path.open("ab", buffering=0)
    except OSError as wrong:
        raise error("bad_setting", f"{path}: {wrong.strerror}", at="--receipt") from None


def _keep(out: IO[bytes] | None, receipt: Any) -> None:
    try:
        if out is not None:
            out.write(msgspec.json.encode(receipt) + b"\n")
    except OSError as wrong:
        warn(f"{wrong.strerror}; what is filed is filed: `antalya log --receipt {receipt['leaf']}` gives its receipt again")


def _over(outcome: Any) -> bool:
    return outcome["operation"]["operation"]["state"] in ("withdrawn", "ended")


def _print_outcome(outcome: Any) -> None:
    from antalya.entry.tables import plain
    operation = outcome["operation"]["operation"]
    title, leaf = plain(operation["title"] or operation["activity"]), outcome["receipt"]["leaf"]
    said = operation["state"] if _over(outcome) else outcome["clearance"]
    typer.echo(f"{operation['id']} {title}: {said.upper()}, leaf {leaf}")
    for finding in outcome["findings"]:
        typer.echo(f"  {finding['kind']} ({finding['severity']}): {plain(finding['text'])}")
        for remedy in finding["remedies"]:
            typer.echo(f"    - {plain(remedy['text'])}")
    for ask in outcome["asks"]:
        if ask["state"] == "open":
            typer.echo(f"  asked of {ask['of'] or 'another party'}: {ask['kind']}, until {short(ask['deadline'])} UTC")
