"""Commands that talk to an exchange: party, file, show, answer, log."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from antalya.entry.cli_admin import AsJson, say
from antalya.model.errors import CATALOGUE, AntalyaError, error
from antalya.model.operations import Operation
from antalya.store import keys as key_files
from antalya.store.system import clock, ids
from antalya.wire.canonical import canonical
from antalya.wire.decode import decode
from antalya.wire.notice import public_key, sign

Url = Annotated[str, typer.Option("--url", help="The exchange.", envvar="ANTALYA_URL")]
Token = Annotated[str | None, typer.Option("--token", help="Your token.", envvar="ANTALYA_TOKEN", show_envvar=True)]
SignWith = Annotated[Path | None, typer.Option("--sign", help="Sign with this Ed25519 key (PEM).")]
LOCAL = "http://127.0.0.1:8017"
_WHAT = ("operations, findings, asks, understandings, areas, sites, parties, forces, stances, controls, picture, me, or the id "
         "of an operation, finding or ask.")


class Exchange:
    """The HTTP door from outside; its problems come back as errors of the catalogue."""

    def __init__(self, url: str, token: str | None, key: Path | None = None) -> None:
        if not token:
            raise error("no_token", "give --token or set ANTALYA_TOKEN")
        self._key: Ed25519PrivateKey | None = key_files.party_key(key) if key else None
        self._http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self._said(lambda: self._http.get(path, params={k: v for k, v in query.items() if v is not None}))

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Sends a body, signed where a key was given; the answer's JSON."""
        content = b"" if body is None else canonical(body)
        kind = "application/json"
        if self._key is not None and content:
            content, kind = sign(content, self._key, f"{method} {path}", clock()), "application/jose"
        head = {"content-type": kind} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self._said(lambda: self._http.request(method, path, content=content, headers=head)).json()

    def _said(self, call: Any) -> httpx.Response:
        try:
            answer: httpx.Response = call()
        except httpx.HTTPError as failure:
            raise error("not_ready", f"{self._http.base_url} does not answer: {failure}") from None
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            raise AntalyaError(CATALOGUE[problem["code"]], problem["detail"], at=problem.get("at", ""))
        except (ValueError, KeyError, TypeError):
            raise error("not_ready", f"{self._http.base_url} answered {answer.status_code}: not an exchange?") from None


party_app = typer.Typer(help="Parties and their keys.", no_args_is_help=True, rich_markup_mode=None)


@party_app.command("add")
def party_add(
    id: Annotated[str, typer.Argument(help="A short id: TR.")], name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[str, typer.Option(help="armed-force, humanitarian, civil, state or broker.")] = "armed-force",
    must_sign: Annotated[bool, typer.Option("--must-sign", help="Refuse what it files unsigned.")] = False,
    force: Annotated[list[str] | None, typer.Option(help="A force it answers for: ID or ID=NAME; again for more.")] = None,
    url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """Register a party, and forces it answers for (operator)."""
    exchange = Exchange(url, token)
    made = [exchange.send("PUT", f"/v1/parties/{id}", {"id": id, "name": name, "kind": kind, "must_sign": must_sign})]
    for each in force or []:
        force_id, _, force_name = each.partition("=")
        made.append(exchange.send("PUT", f"/v1/forces/{force_id}", {"id": force_id, "name": force_name or force_id,
                                                                    "answers": id}))
    if as_json:
        say(made)
    else:
        typer.echo(f"Registered {', '.join(m['id'] for m in made)}. Next: antalya token {id}")


@party_app.command("list")
def party_list(url: Url = LOCAL, token: Token = None, as_json: AsJson = False) -> None:
    """The parties of the exchange."""
    items = Exchange(url, token).get("/v1/parties").json()["items"]
    if as_json:
        say(items)
    else:
        _print(("Party", "Name", "Kind", "Keys"), ((p["id"], p["name"], p["kind"], str(len(p["keys"]))) for p in items))


@party_app.command("key")
def party_key(
    file: Annotated[Path, typer.Argument(help="A new file for the private key (PEM, readable by you only).")],
    register: Annotated[str | None, typer.Option(help="Register the public half for this party (operator).")] = None,
    url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """Make a signing key, and register its public half."""
    key = Ed25519PrivateKey.generate()
    key_files.write_key(file, key)
    known = msgspec.to_builtins(public_key(key))
    if register:
        exchange = Exchange(url, token)
        answer = exchange.get(f"/v1/parties/{register}")
        party = answer.json()
        exchange.send("PUT", f"/v1/parties/{register}", party | {"keys": [*party["keys"], known]},
                      if_match=answer.headers["etag"])
    if as_json:
        say(known)
    else:
        typer.echo(f"{file}: the private key. Its public half ({'registered' if register else 'for the operator'}):\n"
                   f"  kid {known['kid']}\n  x   {known['x']}")


def file(
    files: Annotated[list[Path] | None, typer.Argument(help="GeoJSON, or operations as the API takes them.")] = None,
    sign_with: SignWith = None,
    update: Annotated[bool, typer.Option("--update", help="Change operations filed before (JSON with their id).")] = False,
    withdraw: Annotated[str | None, typer.Option(help="Withdraw this operation.", metavar="ID")] = None,
    receipt: Annotated[Path | None, typer.Option(help="Keep the receipts here, one JSON a line.")] = None,
    url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """File operations; change or withdraw them. Exit code 0: all clear, 1: one is held or blocked."""
    exchange = Exchange(url, token, sign_with)
    if withdraw:
        outcomes = [exchange.send("DELETE", f"/v1/operations/{withdraw}", if_match=_etag(exchange, withdraw))]
    else:
        wanted = _operations(exchange, files or [])
        outcomes = []
        with Progress(console=Console(stderr=True), transient=True, disable=as_json or len(wanted) < 20) as bar:
            for operation in bar.track(wanted, description="Filing"):
                outcomes.append(_send_one(exchange, operation, update))
    if receipt:
        receipt.write_bytes(b"".join(msgspec.json.encode(o["receipt"]) + b"\n" for o in outcomes))
    if as_json:
        say(outcomes)
    else:
        for outcome in outcomes:
            _print_outcome(outcome)
    raise typer.Exit(any(o["clearance"] != "clear" and o["operation"]["operation"]["state"] not in ("withdrawn", "ended")
                         for o in outcomes))


def _send_one(exchange: Exchange, operation: Operation, update: bool) -> Any:
    if update:
        return exchange.send("PUT", f"/v1/operations/{operation.id}", operation, if_match=_etag(exchange, operation.id))
    key = hashlib.sha256(canonical(operation)).hexdigest()
    return exchange.send("POST", "/v1/operations", operation, idempotency_key=key)


def _etag(exchange: Exchange, id: str) -> str:
    return str(exchange.get(f"/v1/operations/{id}").headers.get("etag", '"0"'))


def _operations(exchange: Exchange, files: list[Path]) -> list[Operation]:
    """Operations from files: API JSON (one or a list), or GeoJSON, whose operations are the caller's and get new ids."""
    from antalya.wire.features import operations_of
    from antalya.wire.geojson import read_features
    found: list[Operation] = []
    me = None
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as failure:
            raise error("bad_input_file", failure.strerror or "can't be read", at=str(path)) from None
        try:
            top = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            top = None
        if isinstance(top, dict) and "volumes" in top:
            found.append(decode(raw, Operation, at=str(path)))
        elif isinstance(top, list) and all(isinstance(item, dict) and "volumes" in item for item in top):
            found += [decode(msgspec.json.encode(item), Operation, at=f"{path}[{i}]") for i, item in enumerate(top)]
        else:
            me = me or exchange.get("/v1/me").json()["party"]
            read = operations_of((str(path), i, feature) for i, feature in enumerate(read_features(raw, str(path))))
            for warning in read.warnings:
                typer.echo(warning, err=True)
            found += [msgspec.structs.replace(o, id=ids(), party=me, title=o.title or o.id) for o in read.operations]
    if not found:
        raise error("bad_input_file", "no operations to file", at="files")
    return found


def show(
    what: Annotated[str, typer.Argument(help=_WHAT)] = "operations",
    url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """What the exchange shows you."""
    exchange = Exchange(url, token)
    known = ("operations", "findings", "asks", "understandings", "areas", "sites", "parties", "forces", "stances", "controls")
    if what in ("picture", "me") or what not in known:
        say(exchange.get(f"/v1/{what}").json() if what in ("picture", "me") else _one(exchange, what))
        return
    items = exchange.get(f"/v1/{what}").json()["items"]
    if as_json:
        say(items)
        return
    rows = {"operations": _operation_rows, "findings": _finding_rows, "asks": _ask_rows}.get(what)
    if rows is None:
        _print(("Id", "Name"), ((i["id"], i.get("name") or i.get("title") or "") for i in items))
    else:
        _print(*rows(items))


def _one(exchange: Exchange, id: str) -> Any:
    for kind in ("operations", "findings", "asks"):
        try:
            return exchange.get(f"/v1/{kind}/{id}").json()
        except AntalyaError as failure:
            if failure.code.name != "not_found":
                raise
    raise error("not_found", f"no operation, finding or ask {id!r} that you may see")


def _operation_rows(items: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = []
    for view in items:
        o = view.get("operation", view)
        starts = view["envelope"]["starts_at"] if "envelope" in view else min(v["starts_at"] for v in o["volumes"])
        rows.append((view["id"], o["party"], o["activity"], o.get("title", ""), starts, view.get("clearance") or view["level"]))
    return ("Id", "Party", "Activity", "Title", "Starts", "Clearance"), rows


def _finding_rows(items: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    return ("Id", "Kind", "Severity", "Effect", "From", "Why"), [
        (f["id"], f["kind"], f["severity"], "settled" if f["settled"] else f["effect"], f["starts_at"] or "–", f["text"])
        for f in items]


def _ask_rows(items: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    return ("Id", "Kind", "State", "Of", "Due", "What"), [
        (a["id"], a["kind"], a["state"], a["of"] or "another party", a["deadline"], a["text"]) for a in items]


def _print(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, no_wrap=i == 0, overflow="fold")  # an id has to be copied whole
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table if table.row_count else "Nothing.", markup=False)


def _print_outcome(outcome: Any) -> None:
    operation = outcome["operation"]
    if operation is not None:
        typer.echo(f"{operation['id']} {operation['operation']['title'] or operation['operation']['activity']}: "
                   f"{(outcome['clearance'] or '').upper()}, leaf {outcome['receipt']['leaf']}")
    for finding in outcome["findings"]:
        typer.echo(f"  {finding['kind']} ({finding['severity']}): {finding['text']}")
        for remedy in finding["remedies"]:
            typer.echo(f"    - {remedy['text']}")


def answer(
    ask: Annotated[str, typer.Argument(help="The ask's id (`antalya show asks`).")],
    decision: Annotated[str, typer.Argument(help="grant, refuse, withdraw or grant-with-conditions.")],
    condition: Annotated[list[str] | None, typer.Option(help="A condition; again for more.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when a yes holds (RFC 3339).")] = None,
    note: Annotated[str, typer.Option(help="A note.")] = "",
    sign_with: SignWith = None, url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """Answer an ask, or take a yes back."""
    body: dict[str, Any] = {"decision": decision, "note": note}
    body |= {"conditions": condition} if condition else {}
    body |= {"valid_until": until} if until else {}
    outcome = Exchange(url, token, sign_with).send("POST", f"/v1/asks/{ask}/answers", body)
    if as_json:
        say(outcome)
        return
    for changed in outcome["asks"]:
        typer.echo(f"{changed['id']} {changed['kind']}: {changed['state']}")
    typer.echo(f"Receipt: leaf {outcome['receipt']['leaf']}")


def log(
    start: Annotated[int, typer.Option("--from", help="The first leaf.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="How many leaves.", min=1, max=5_000)] = 50,
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="Only the signed head of the log.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write the whole log to this file, its checkpoint beside it.")] = None,
    url: Url = LOCAL, token: Token = None, as_json: AsJson = False,
) -> None:
    """The log of the exchange: who was told what and when, as far as you may read it."""
    exchange = Exchange(url, token)
    if checkpoint:
        typer.echo(exchange.get("/v1/log/checkpoint").text, nl=False)
        return
    if export:
        _export(exchange, export)
        return
    items = exchange.get("/v1/log/leaves", **{"from": start, "limit": limit}).json()["items"]
    if as_json:
        say(items)
        return
    _print(("Leaf", "At", "What", "By", "About", "Outcome"), (
        (str(i["leaf"]), *((e["at"], e["kind"], e["actor"], e["subject"], e["code"] or e["outcome"]) if (e := i.get("entry"))
                           else (i["hash"][:16] + "…", "", "", "", ""))) for i in items))


def _export(exchange: Exchange, path: Path) -> None:
    note = exchange.get("/v1/log/checkpoint").text
    size, at = int(note.splitlines()[1]), 0
    with path.open("wb") as out, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Exporting the log", total=size)
        while at < size:
            items = exchange.get("/v1/log/leaves", **{"from": at, "limit": min(5_000, size - at)}).json()["items"]
            out.writelines(msgspec.json.encode(item) + b"\n" for item in items)
            at += len(items)
            bar.update(task, completed=at)
    beside = path.with_suffix(".checkpoint")
    beside.write_text(note, encoding="utf-8")
    typer.echo(f"{size} leaves in {path}, the checkpoint in {beside}")
