"""`antalya`: the command line. A command's module is read in when it is called, so that `--help` is quick.

Results go to standard output, everything else to standard error; with `--json` an error is its problem document, there too.
Exit codes are `terminal.EXIT_CODES`. ANTALYA_DEBUG=1 shows tracebacks.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - before anything that older ones can't read
    sys.stderr.write("error: This Python is too old (old_python).\n  Python {}.{}.\n  Use Python 3.11 or newer.\n"
                     .format(*sys.version_info[:2]))
    sys.exit(3)

import errno
import os
import signal
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from antalya import __version__
from antalya.entry.terminal import hush, show_error
from antalya.model.errors import AntalyaError, error

_JSON = "antalya.json"
HELP = "Antalya keeps rivals who share a space from colliding: file, check, settle, prove."
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("cli_demo", "demo_command", "A scenario: findings on the terminal, then page and API."),
    "check": ("cli_check", "check_command", "What clashes in plans from GeoJSON files, without a server."),
    "init": ("cli_admin", "init", "Make a new exchange: keys, settings, store, operator token."),
    "serve": ("cli_admin", "serve", "Serve an exchange: API and page."),
    "token": ("cli_admin", "token", "Make a token for a party."),
    "doctor": ("cli_doctor", "doctor", "Look whether everything is as it should be."),
    "config": ("cli_admin", "config_app", "The settings, and where each comes from."),
    "errors": ("cli_admin", "errors", "The catalogue of errors."),
    "party": ("cli_party", "party_app", "Parties and their keys."),
    "understanding": ("cli_understanding", "understanding_app", "What parties agree: propose, sign, suspend, end."),
    "file": ("cli_file", "file", "File operations with an exchange; change or withdraw them."),
    "show": ("cli_show", "show", "What the exchange shows you."),
    "answer": ("cli_client", "answer", "Answer an ask."),
    "log": ("cli_client", "log", "The log of the exchange: read, export."),
    "load": ("cli_load", "load", "Load an exchange of yours at a set rate, and measure it."),
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

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        as_json = "--json" in args
        try:
            ctx = super().make_context(info_name, args, parent, **extra)
        except OSError as wrong:
            if wrong.errno == errno.ENOSPC:  # of --help
                raise typer.Exit(show_error(_unprinted(wrong), as_json)) from None
            raise
        except Exception as wrong:
            if as_json and hasattr(wrong, "format_message"):
                raise typer.Exit(_wrong_usage(wrong)) from None
            raise
        ctx.meta[_JSON] = as_json
        return ctx

    def invoke(self, ctx: Any) -> Any:
        """Calls the command; what it raises becomes words and an exit code."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # a service may have none
                sys.stdout.flush()
            return result
        except BrokenPipeError:  # whoever read the output has seen enough
            hush()
            raise typer.Exit from None
        except AntalyaError as wrong:
            if os.environ.get("ANTALYA_DEBUG"):
                raise
            raise typer.Exit(show_error(wrong, ctx.meta[_JSON])) from None
        except Exception as defect:
            if ctx.meta[_JSON] and hasattr(defect, "format_message"):
                raise typer.Exit(_wrong_usage(defect)) from None
            if os.environ.get("ANTALYA_DEBUG") or isinstance(defect, typer.Abort) or hasattr(defect, "exit_code"):
                raise  # an exit, or wrong usage, which typer says itself
            raise typer.Exit(show_error(_unforeseen(defect), ctx.meta[_JSON])) from None


def _unforeseen(defect: Exception) -> AntalyaError:
    """What no command expected: files that are opened are named, so without a name it is what is printed that has no room."""
    if isinstance(defect, OSError) and defect.errno == errno.ENOSPC and defect.filename is None:
        return _unprinted(defect)
    return error("internal", f"{type(defect).__name__}: {defect}; ANTALYA_DEBUG=1 shows where")


def _unprinted(failure: OSError) -> AntalyaError:
    hush()
    return error("bad_setting", f"it can't be written: {(failure.strerror or str(failure)).lower()}", at="standard output")


def _wrong_usage(wrong: Any) -> int:
    """Shows wrong usage as a problem document; the exit code."""
    context = getattr(wrong, "ctx", None)
    usage = {} if context is None else {"usage": " ".join((context.command_path, *context.command.collect_usage_pieces(context)))}
    return show_error(error("bad_usage", wrong.format_message().rstrip("."), **usage), True)


app = typer.Typer(cls=LazyCommands, help=HELP, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"antalya {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version.")) -> None:
    pass


def _steady() -> None:
    """Puts right what a caller may have left odd. A standard stream that is closed goes nowhere: the next file that is opened
    would be taken for it. A terminal without a width (`COLUMNS=0`) has the usual one: nothing at all would be printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free: that one
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    if not os.environ.get("COLUMNS", "").strip("0"):
        os.environ.pop("COLUMNS", None)


def main() -> None:
    """The entry point."""
    _steady()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Arabic letters gets question marks, not an error
    for name in ("SIGTERM", "SIGHUP"):
        sig = getattr(signal, name, None)  # Windows has no SIGHUP
        if sig is not None and signal.getsignal(sig) is signal.SIG_DFL:
            signal.signal(sig, signal.default_int_handler)  # as Ctrl-C: whoever has a folder to clear or a file to end does so
    app(prog_name="antalya")
