"""`antalya check`: what clashes in plans from files, without a server or an account.

Exit codes: 0 clear, 1 findings, 2 bad input; 130 when stopped. Results go to standard output, or to `--output`; progress,
warnings and errors to standard error.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from antalya.checking import NamedBytes, check
from antalya.entry.check_table import print_report
from antalya.entry.terminal import hush, warn
from antalya.model.errors import error
from antalya.wire.geojson import Bounds
from antalya.wire.report import Report

CLEAR, FINDINGS, STOPPED = 0, 1, 130


class Engine(StrEnum):
    """What looks for pairs that meet."""

    local = "local"
    dask = "dask"


class Format(StrEnum):
    """How findings are written."""

    table = "table"
    json = "json"
    geojson = "geojson"
    csv = "csv"


def check_command(
    files: Annotated[list[str], typer.Argument(help="GeoJSON files; - reads standard input.", metavar="FILE")],
    understandings: Annotated[Path | None, typer.Option(help="A TOML file with understandings, areas and sites.")] = None,
    separation: Annotated[str | None, typer.Option(
        help="Minima for every pair, instead of the activities' and the rules': 0,0,0 is plain overlap.",
        metavar="ACROSS_M,UP_M,SECONDS")] = None,
    own: Annotated[bool, typer.Option("--own", help="Also check operations of one party among themselves.")] = False,
    format: Annotated[Format, typer.Option(help="How to write the findings.")] = Format.table,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json; errors are JSON too.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the findings to this file.")] = None,
    theatre: Annotated[str | None, typer.Option(
        help="Where the plans are (degrees), to notice swapped coordinates.", metavar="WEST,SOUTH,EAST,NORTH")] = None,
    now: Annotated[str | None, typer.Option(
        help="When the plans count as filed, for periods of notice (RFC 3339). Without it all notice is in time.",
        metavar="TIME")] = None,
    engine: Annotated[Engine, typer.Option(
        help="dask looks in several processes, here or on a cluster; the findings are the same.")] = Engine.local,
    workers: Annotated[int | None, typer.Option(help="How many processes to start for --engine dask; one for each core "
                                                "otherwise.", min=1, max=1_000)] = None,
    scheduler: Annotated[str | None, typer.Option(
        help="The Dask cluster to use instead, tls://HOST:PORT or tcp://HOST:PORT.", metavar="ADDRESS")] = None,
    max_mb: Annotated[int, typer.Option(help="The largest file that is read, in megabytes.", min=1, max=100_000)] = 256,
) -> None:
    """Find what clashes in plans from GeoJSON files, without a server or an account.

    One feature is one volume: a Polygon, a MultiPolygon, or a Point with radius_m; properties operation, party, force,
    activity, lower_m, upper_m (WGS84 unless datum), starts_at, ends_at. Exit code 0: clear, 1: findings, 2: bad input.
    """
    chosen = Format.json if as_json else format
    try:
        bounds = Bounds(bytes=max_mb * 1_000_000)
        sources = _sources(files, bounds)
        _check_output(output, files, understandings)
        minima, box, moment = _numbers(separation, 3, "--separation"), _numbers(theatre, 4, "--theatre"), _time(now)
        with _Bar(as_json) as progress:
            report = check(*sources, understandings=understandings, separation=minima, own=own, theatre=box, now=moment,
                           bounds=bounds, progress=progress, engine=engine.value, workers=workers, scheduler=scheduler)
        for warning in report.warnings:
            warn(warning)
        _write(report, chosen, output)
    except MemoryError:
        raise error("too_large", "there is not enough memory for these files") from None
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing was written.", err=True)
        raise typer.Exit(STOPPED) from None
    except BrokenPipeError:  # whoever read the output has seen enough
        hush()
    raise typer.Exit(CLEAR if report.clear else FINDINGS)


def _sources(files: Sequence[str], bounds: Bounds) -> list[str | NamedBytes]:
    if files.count("-") > 1:
        raise error("bad_input_file", "standard input can be read only once", at="-")
    if files.count("-") and sys.stdin is None:
        raise error("bad_input_file", "there is no standard input", at="-")
    return [("standard input", sys.stdin.buffer.read(bounds.bytes + 1)) if name == "-" else name for name in files]


def _numbers(text: str | None, count: int, option: str) -> list[float] | None:
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise error("bad_setting", f"{count} numbers with commas between them are wanted, not {text[:60]!r}", at=option)
    return numbers


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise error("bad_setting", f"{text[:60]!r} is not a time like 2017-03-07T06:00:00Z", at="--now") from None


def _check_output(output: Path | None, files: Sequence[str], understandings: Path | None) -> None:
    """Refuses to write over what is read, before the work is done."""
    for read in (*files, *([] if understandings is None else [str(understandings)])):
        if output is not None and read != "-" and output.exists() and Path(read).exists() and output.samefile(read):
            raise error("bad_setting", "that file is one of those to be read", at=f"--output {output}")


class _Bar:
    """A bar on standard error while the work takes long and somebody looks; calls that do nothing otherwise."""

    def __init__(self, quiet: bool) -> None:
        console = Console(stderr=True)
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console,
                             transient=True, disable=quiet or not console.is_terminal)

    def __enter__(self) -> Callable[[str, int, int], None]:
        self._bar.start()
        task = self._bar.add_task("Reading", total=None)
        return lambda what, done, total: self._bar.update(task, description=what, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _write(report: Report, format: Format, output: Path | None) -> None:
    if format is Format.table:
        _write_table(report, output)
        return
    if format is Format.csv:
        data = report.to_csv().encode()
    else:
        data = msgspec.json.format(msgspec.json.encode(report.to_dict() if format is Format.json else report.to_geojson()),
                                   indent=2) + b"\n"
    if output is not None:
        _write_file(output, data)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _write_table(report: Report, output: Path | None) -> None:
    if output is not None:
        text = StringIO()
        print_report(Console(file=text, width=160), report)
        _write_file(output, text.getvalue().encode())
        return
    print_report(Console(), report)
    sys.stdout.flush()


def _write_file(output: Path, data: bytes) -> None:
    try:
        output.write_bytes(data)
    except OSError as wrong:
        why = (wrong.strerror or str(wrong)).lower()
        raise error("bad_setting", f"it can't be written: {why}", at=f"--output {output}") from None
