"""`antalya`: the command line. Commands are read in when they are called, so that `--help` is quick.

Exit codes: 0 fine, 1 findings or warnings, 2 bad input, 3 the environment (port, Python), 4 not allowed, 5 limits, 6 store or
server not available, 7 the log does not verify, 70 a defect, 130 stopped. Results go to standard output, everything else
to standard error; with `--json` an error is its problem document, on standard error.
"""

import os
import sys
from importlib import import_module
from typing import Any

import msgspec
import typer
from typer.core import TyperGroup

from antalya import __version__
from antalya.model.errors import AntalyaError, error

HELP = "Antalya keeps rivals who share a space from colliding: file, check, settle, prove."
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("cli_demo", "demo_command", "A scenario: findings on the terminal, then page and API."),
    "check": ("cli_check", "check_command", "What clashes in plans from GeoJSON files, without a server."),
    "init": ("cli_admin", "init", "Make a new exchange: keys, settings, store, operator token."),
    "serve": ("cli_admin", "serve", "Serve an exchange: API and page."),
    "token": ("cli_admin", "token", "Make a token for a party."),
    "doctor": ("cli_admin", "doctor", "Look whether everything is as it should be."),
    "config": ("cli_admin", "config_app", "The settings, and where each comes from."),
    "errors": ("cli_admin", "errors", "The catalogue of errors."),
    "party": ("cli_client", "party_app", "Parties and their keys."),
    "file": ("cli_client", "file", "File operations with an exchange; change or withdraw them."),
    "show": ("cli_client", "show", "What the exchange shows you."),
    "answer": ("cli_client", "answer", "Answer an ask."),
    "log": ("cli_client", "log", "The log of the exchange: read, export."),
    "verify": ("cli_verify", "verify", "Verify receipts and exported logs, offline."),
}


class LazyCommands(TyperGroup):
    """The commands of `COMMANDS`; a module is imported when its command is called or described."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        found = getattr(import_module(f"antalya.entry.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            app.command(name)(found)
            found = app
        command: Any = typer.main.get_command(found)
        command.name = name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


app = typer.Typer(cls=LazyCommands, help=HELP, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"antalya {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version.")) -> None:
    pass


def show_error(failure: AntalyaError) -> int:
    """Says what happened and what to do next on standard error; the exit code."""
    if "--json" in sys.argv:
        typer.echo(msgspec.json.encode(failure.problem()).decode(), err=True)
    else:
        where = f" (at {failure.at})" if failure.at else ""
        typer.echo(f"{failure.code.name}: {failure.detail}{where}\n  {failure.code.next_step}", err=True)
    return failure.code.exit_code


def main() -> None:
    """The entry point: no traceback unless ANTALYA_DEBUG is set."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said clearly where a package manager let it through
        sys.exit(show_error(error("old_python", f"Python {sys.version.split()[0]}")))
    try:
        app()
    except AntalyaError as failure:
        if os.environ.get("ANTALYA_DEBUG"):
            raise
        sys.exit(show_error(failure))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
