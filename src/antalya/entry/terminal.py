"""What the commands share: values as JSON, tables, errors on standard error."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Any

import msgspec
import typer

from antalya.model.errors import AntalyaError

EXIT_CODES = {
    0: "fine; nothing found, all clear",
    1: "findings: something clashes, is held, blocked, or must be mended",
    2: "bad input: wrong usage, a file, field or setting that can't be used",
    3: "the environment: the port is taken, Python is too old",
    4: "not allowed: no token, a bad one, or one that lacks a scope; somebody else's; a signature that doesn't fit",
    5: "limits: too many requests, or the day's area is used up",
    6: "the store or the server is not available",
    7: "the log does not verify",
    70: "a defect of Antalya",
    130: "stopped: Ctrl-C, SIGTERM, a closed terminal",
}
"""What a command ends with; stable. `Code.exit_code` of the catalogue is one of them."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, errors too.")]
_WIDTH_OF_FILES = 200
"""How wide a table is that goes to a file or another program: wide enough for ids and titles on one line."""

_READABLE = 30
"""How narrow the last column of a table may become."""


def hush() -> None:
    """What is printed from now on goes nowhere: whoever read it has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(value: object) -> None:
    """Prints a value as JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def warn(text: str) -> None:
    """A warning on standard error."""
    typer.echo(f"warning: {text}", err=True)


def show_error(wrong: AntalyaError, as_json: bool) -> int:
    """Writes an error to standard error, in words or (with --json) as its problem document; the exit code."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(wrong.problem()), indent=2).decode(), err=True)
    else:
        place = f"\n  {wrong.at}" if wrong.at else ""
        first, _, rest = wrong.detail.partition(" ")
        detail = f"{first.capitalize() if first.isalpha() and first.islower() else first} {rest}".rstrip(". ")
        advice = wrong.code.next_step.replace("named in `at`", "named above").replace("named in `detail`", "named above")
        typer.echo(f"error: {wrong.code.title} ({wrong.code.name}).{place}\n  {detail}.\n  {advice}", err=True)
    return wrong.code.exit_code


def is_near(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def minutes(moment: datetime, up: bool = False) -> str:
    """`2017-03-08 04:00`, with seconds where they are not 0. The end of a window goes `up` to a whole second, so that it is never
    shown shorter than it is."""
    if up and moment.microsecond and moment.year < 9999:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def short(instant: str | None, up: bool = False) -> str:
    """An instant of the API (RFC 3339 with Z) for tables that say UTC (see `minutes`); nothing for None."""
    return "" if instant is None else minutes(datetime.fromisoformat(instant), up)


@contextmanager
def bars(quiet: bool) -> Iterator[Callable[[str, int], Callable[..., None]]]:
    """Progress bars on standard error for long work that somebody looks at: given what is done and how many steps that has, what
    to call after each step, or with a number after so many. Results that are printed meanwhile go where they go otherwise."""
    from rich.console import Console
    from rich.progress import Progress
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal,
                  redirect_stdout=sys.stdout.isatty()) as progress:
        yield lambda what, steps: partial(progress.advance, progress.add_task(what, total=steps))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str = "Nothing.") -> None:
    """Prints rows as a table, as labelled lines where it would be too narrow to read, or `nothing` where there are none.
    Cells are plain text: nothing in them is markup. The last column may be folded."""
    from rich.console import Console

    from antalya.entry.tables import plain
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_FILES, markup=False)
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max([len(column), *(row[i].cell_len for row in cells)]) for i, column in enumerate(columns)]
    if not cells:
        console.print(nothing)
    elif sum(widths[:-1]) + min(widths[-1], _READABLE) + 2 * len(widths) <= console.width:
        console.print(_table(columns, cells))
    else:
        label = max(map(len, columns))
        for row in cells:
            console.print(row[0])
            for column, cell in zip(columns[1:], row[1:], strict=True):
                if cell:
                    console.print(f"  {column:{label}} {cell}", soft_wrap=True, highlight=False)


def _table(columns: Sequence[str], cells: list[list[Any]]) -> Any:
    from rich.table import Table
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column != columns[-1])
    for row in cells:
        table.add_row(*row)
    return table
