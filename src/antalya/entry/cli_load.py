"""`antalya load`: drives a running exchange from many parties at a set rate; latencies, errors, and everything undone again."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from antalya.entry.client import LOCAL, Exchange, Url, host_of, token_of
from antalya.entry.load import KINDS, PERCENTILES, Driver, Load, Measured, percentile
from antalya.entry.terminal import AsJson, bars, is_near, print_table, say, warn
from antalya.model.errors import error
from antalya.steps.narrow import box_of

FINE, FAILED, STOPPED = 0, 1, 130


def load(
    rate: Annotated[float, typer.Option(help="Requests a second, whatever the exchange does.", min=0.01, max=100_000)] = 50.0,
    duration: Annotated[float, typer.Option(help="For how long, in seconds.", min=0.1, max=86_400, metavar="SECONDS")] = 10.0,
    count: Annotated[int | None, typer.Option(help="How many requests instead, however long that takes.", min=1,
                                              max=10_000_000)] = None,
    token: Annotated[list[str] | None, typer.Option(help="A party's token; again for more parties.")] = None,
    token_file: Annotated[list[Path] | None, typer.Option(help="A file with tokens, one a line; again for more.")] = None,
    bbox: Annotated[str, typer.Option(help="Where to file, in degrees.", metavar="WEST,SOUTH,EAST,NORTH")] = "36,34.5,41,37",
    hours: Annotated[float, typer.Option(help="Operations begin within so many hours from now.", min=0, max=1_000)] = 24.0,
    changes: Annotated[float, typer.Option(help="The share of requests that change an operation.", min=0, max=1)] = 0.0,
    withdrawals: Annotated[float, typer.Option(help="The share that withdraw one.", min=0, max=1)] = 0.0,
    reads: Annotated[float, typer.Option(help="The share that read what is on in an hour. The rest file.", min=0, max=1)] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed files at the same places.")] = 0,
    connections: Annotated[int, typer.Option(help="How many connections at most.", min=1, max=10_000)] = 64,
    timeout: Annotated[float, typer.Option(help="How long to wait for an answer, in seconds.", min=0.1, max=600)] = 30.0,
    keep: Annotated[bool, typer.Option("--keep", help="Don't withdraw at the end what was filed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really: it files operations, and parties may be told of them.")] = False,
    origin: Annotated[str | None, typer.Option(
        help="The name of the exchange's log; needed as well where it is not on this machine.", metavar="NAME")] = None,
    url: Url = LOCAL, as_json: AsJson = False,
) -> None:
    """Load an exchange of yours with filings at a set rate, and measure it. NOT for an exchange that somebody relies on.

    The operations are real: they are kept, checked, logged, and others are told of clashes with them. At the end they are
    withdrawn, but the log keeps them. Latency counts from the moment a request was due. Exit code 0: every request was answered
    as it should be, 1: some failed, 130: stopped.
    """
    if changes + withdrawals + reads > 1:
        raise error("bad_usage", "the shares of changes, withdrawals and reads are more than 1 together", at="--changes")
    box = box_of(bbox)
    parties, name = _ask(url, [*(token or []), *_lines(token_file or [])] or [token_of(None)])
    requests, near = count or max(1, round(duration * rate)), is_near(host_of(url))
    _be_sure(f"{requests} requests of {len(parties)} part{'ies' if len(parties) > 1 else 'y'} to {name} at {url}", name, origin,
             yes, near)
    job = Load(url, parties, requests, rate, box, (changes, withdrawals, reads), seed, hours, timeout, connections, near)
    with bars(as_json) as bar:
        driver = asyncio.run(_drive(job, keep, bar))
    facts = _facts(driver.measured, job, name) | {"stopped": driver.interrupted}
    if as_json:
        say(facts)
    else:
        _print(facts)
    if driver.measured.left and not keep:
        warn(f"{len(driver.measured.left)} operations may still be filed: antalya show operations")
    raise typer.Exit(STOPPED if driver.interrupted else FAILED if facts["errors"] else FINE)


def _lines(files: list[Path]) -> Iterator[str]:
    """The tokens in files. Raises bad_setting."""
    for path in files:
        try:
            yield from path.read_text(encoding="utf-8-sig").split()
        except (OSError, UnicodeDecodeError) as wrong:
            why = wrong.strerror if isinstance(wrong, OSError) else "not a text file"
            raise error("bad_setting", f"{path}: {why}", at="--token-file") from None


def _ask(url: str, tokens: list[str]) -> tuple[list[tuple[str, str]], str]:
    """Whose the tokens are, and the name of the exchange's log. Raises what the exchange answers, and no_scope."""
    parties, name = [], ""
    for token in dict.fromkeys(tokens):
        exchange = Exchange(url, token)
        me = exchange.get("/v1/me").json()
        if "antalya.file" not in me["scopes"]:
            raise error("no_scope", f"the token of {me['party']} may not file", at="--token")
        parties.append((me["party"], token))
        name = name or exchange.get("/v1/log/checkpoint").text.split("\n", 1)[0]
    return parties, name


def _be_sure(what: str, name: str, said: str | None, yes: bool, near: bool) -> None:
    """Nobody loads an exchange by accident. Raises bad_usage."""
    if said is not None and said != name:
        raise error("bad_usage", f"{what}: that is not {said[:120]}", at="--origin")
    if not yes:
        raise error("bad_usage", f"{what}: they are real, and others may be told of them. If the exchange is yours and nobody "
                    f"relies on it: --yes{'' if near else f' --origin {name}'}", at="--yes")
    if not near and said is None:
        raise error("bad_usage", f"{what}: it is not on this machine. If it is yours: --origin {name}", at="--origin")


async def _drive(job: Load, keep: bool, bar: Callable[[str, int], Callable[..., None]]) -> Driver:
    """A run, and what is undone after it. The first signal to end stops the run, the second what is under way then."""
    driver, mine = Driver(job, bar("Loading", job.count)), asyncio.current_task()
    stops = [driver.stop]

    def end() -> None:
        if stops:
            stops.pop()()
        elif mine is not None:
            mine.cancel()
    with _signals(end), suppress(asyncio.CancelledError):
        async with driver.client() as http:
            await driver.run(http)
            if not keep and driver.measured.left:
                await driver.undo(http, bar("Withdrawing", len(driver.measured.left)))
    return driver


@contextmanager
def _signals(end: Callable[[], None]) -> Iterator[None]:
    """Calls `end` for Ctrl-C, SIGTERM and a closed terminal, where the loop can; otherwise Ctrl-C ends everything."""
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    loop, before = asyncio.get_running_loop(), {sig: signal.getsignal(sig) for sig in names}
    taken = []
    for sig in names:
        with suppress(NotImplementedError, ValueError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(sig, end)
            taken.append(sig)
    try:
        yield
    finally:
        for sig in taken:
            loop.remove_signal_handler(sig)
            signal.signal(sig, before[sig])


def _facts(measured: Measured, job: Load, name: str) -> dict[str, Any]:
    """The report. Latencies in milliseconds; `late_ms_p99`: how late the generator itself was."""
    errors = sum(measured.errors.values(), Counter[str]())
    return {
        "exchange": name, "parties": len(job.tokens), "rate": job.rate, "requests": measured.requests,
        "seconds": round(measured.took_s, 3),
        "achieved_per_s": round((measured.requests - errors.total()) / measured.took_s, 1) if measured.took_s else 0.0,
        "errors": dict(sorted(errors.items())), "late_ms_p99": _ms(measured.late_s, 99),
        "kinds": {kind: {"requests": measured.sent[kind], "errors": measured.errors[kind].total()}
                  | {f"p{percent:g}_ms": _ms(measured.latency_s[kind], percent) for percent in PERCENTILES}
                  | {"max_ms": _ms(measured.latency_s[kind], 100)} for kind in KINDS if measured.sent[kind]},
        "withdrawn": measured.withdrawn, "left": sorted(measured.left),
    }


def _ms(values: list[float], percent: float) -> float | None:
    return round(1_000 * percentile(values, percent), 2) if values else None


def _shown(ms: float | None) -> str:
    return "–" if ms is None else f"{ms:.1f}"


def _print(facts: dict[str, Any]) -> None:
    names = [f"p{percent:g}" for percent in PERCENTILES] + ["max"]
    print_table(("Requests", "Sent", "Errors", *(f"{name} ms" for name in names)), (
        (kind, str(row["requests"]), str(row["errors"]), *(_shown(row[f"{name}_ms"]) for name in names))
        for kind, row in facts["kinds"].items()), "No requests.")
    typer.echo(f"{facts['achieved_per_s']:g} answered a second of {facts['rate']:g} wanted, in {facts['seconds']:.1f} s, by "
               f"{facts['parties']} parties; the generator's own lag (p99) {facts['late_ms_p99'] or 0:g} ms.")
    for code, times in facts["errors"].items():
        typer.echo(f"  {code}: {times}")
    typer.echo(f"Withdrawn again: {facts['withdrawn']}. Still filed: {len(facts['left'])}.")
