"""`antalya demo`: a scenario in a new embedded store, its findings on the terminal, its page at a printed address."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from antalya.entry import tables
from antalya.entry.http.call import Desk
from antalya.entry.http.rates import Rates
from antalya.entry.report import rows
from antalya.entry.serving import free_port, run
from antalya.exchange import viewing
from antalya.exchange.hub import Hub
from antalya.exchange.replaying import Replay
from antalya.model.errors import error
from antalya.model.limits import Limits
from antalya.scenario import Scenario, load
from antalya.steps.disclose import Viewer
from antalya.store.keys import KeyRing, create
from antalya.wire.tokens import Issuer, mint
from antalya.wiring import exchange

BROKER = "broker"
_AUDIENCE = "antalya.demo"


class DayClock:
    """The scenario's clock: it stands where the replay puts it, and runs on from there once the day is shown."""

    def __init__(self, now: datetime) -> None:
        self._at, self._since = now, 0.0

    def set(self, now: datetime) -> None:
        """Puts it at a moment, where it stands."""
        self._at, self._since = now, 0.0

    def run_on(self) -> None:
        """Has it run from where it stands."""
        self._since = monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=monotonic() - self._since) if self._since else self._at


def demo_command(
    scenario: Annotated[str, typer.Option(help="Which of the shipped scenarios.")] = "northern-syria-2017",
    port: Annotated[int, typer.Option(help="Where to serve; 0 takes any free port.", min=0, max=65_535)] = 8017,
    host: Annotated[str, typer.Option(help="The address to serve at.")] = "127.0.0.1",
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve API and page afterwards.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print findings, clearances and views as JSON.")] = False,
    directory: Annotated[Path | None, typer.Option("--dir", help="Keep the store in this new folder.")] = None,
) -> None:
    """Load a scenario into a new store, run the check, print what was found, and serve API and page."""
    if serve:
        free_port(host, port)
    day = load(scenario)
    with tempfile.TemporaryDirectory(prefix="antalya-demo-") as scratch:
        home = directory or Path(scratch) / "exchange"
        try:
            home.mkdir(mode=0o700, parents=True)
        except OSError as wrong:
            raise error("bad_setting", f"{home}: {(wrong.strerror or 'it is not possible').lower()}", at="--dir") from None
        keys, clock = create(home / "keys"), DayClock(day.opens_at)
        hub = exchange(home / "antalya.sqlite", keys, "antalya.demo/log", Limits(theatre=day.theatre), clock=clock)
        try:
            replay = _replay(hub, day, clock, quiet=as_json)
            views = {viewer: viewing.picture(hub, Viewer(viewer, viewer == BROKER)) for viewer in (*day.viewers, BROKER)}
            _print(day, views, replay, as_json)
            if serve:
                clock.run_on()
                _serve(hub, keys, day, host, port, as_json)
        finally:
            hub.store.close()


def _replay(hub: Hub, day: Scenario, clock: DayClock, *, quiet: bool) -> Replay:
    replay = Replay(hub, day, clock.set)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("Filing the day", total=None)
        replay.run(lambda done, total: bar.update(task, completed=done, total=total))
    return replay


def result(day: Scenario, views: dict[str, dict[str, Any]], replay: Replay) -> dict[str, Any]:
    """What `--json` prints: the findings and clearances as the broker has them, each party's view, what was refused."""
    broker = views[BROKER]
    return {"scenario": day.id, "title": day.title, "now": broker["now"], "findings": broker["findings"],
            "clearances": {o["id"]: {"party": o["operation"]["party"], "title": o["operation"]["title"],
                                     "clearance": o["clearance"]} for o in broker["operations"]},
            "asks": broker["asks"], "told": broker["told"],
            "refused": [{"operation": f.operation.id, "party": f.party, **e.problem()} for f, e in replay.refused],
            "views": views}


def _print(day: Scenario, views: dict[str, dict[str, Any]], replay: Replay, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(result(day, views, replay)), indent=2).decode())
        return
    console = Console()
    console.print(f"[bold]{day.title}[/]")
    console.print(day.summary, highlight=False)
    console.print()
    tables.clearances_table(console, views[BROKER])
    console.print()
    parties = {v: view for v, view in views.items() if v != BROKER}
    tables.findings_table(console, rows(views[BROKER], parties))
    console.print("The same day as each party sees it: how much it is shown of each operation")
    tables.sight_table(console, views[BROKER], parties)
    for filed, refusal in replay.refused:
        console.print(f"Refused at the door: {filed.party}, {filed.operation.title}: {refusal.detail}", markup=False)


def _serve(hub: Hub, keys: KeyRing, day: Scenario, host: str, port: int, as_json: bool) -> None:
    issuer = Issuer(name="demo", keys=keys.issuer_public(), audiences=(_AUDIENCE,))
    viewers = []
    with hub.store.read() as tx:
        names = {id_: party.name for id_, party in tx.rulebook().parties.items()}
    for viewer in dict.fromkeys((*day.viewers, BROKER)):
        scopes = ["antalya.read", "antalya.broker"] if viewer == BROKER else ["antalya.read", "antalya.file", "antalya.answer"]
        token = mint("demo", keys.issuer, viewer, scopes, _AUDIENCE, hub.clock(), 30 * 86_400)
        viewers.append({"id": viewer, "name": names.get(viewer, "Neutral broker"), "token": token})
    desk = Desk(hub, (issuer,), _AUDIENCE, Rates(hub.limits.requests_per_s, hub.limits.burst), demo_viewers=tuple(viewers))
    run(desk, host, port,  # with --json standard output is one document
        lambda address: typer.echo(f"\nServing the page and the API at {address}  (Ctrl-C ends)", err=as_json))


