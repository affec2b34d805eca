"""Makes docs/reference/: cli.md, settings.md, errors.md, api.md and minima.md, each from what it describes.

`python tools/reference.py` writes them; with `--check` it says which differ and ends with 1. A test does the same, so that
a command, option, setting, error, endpoint or activity that is not in the reference fails it.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import typer
from msgspec import Meta

from antalya.entry.cli import COMMANDS, HELP, app
from antalya.entry.http.app import ENDPOINTS
from antalya.entry.settings import FILE, NOT_SETTINGS, IssuerSetting, Settings, UssSetting
from antalya.entry.terminal import EXIT_CODES
from antalya.model.errors import CATALOGUE
from antalya.model.limits import Limits
from antalya.model.operations import MINIMA

FOLDER = Path(__file__).resolve().parent.parent / "docs/reference"
MADE = "<!-- Made by tools/reference.py; don't edit it by hand. -->\n"
_CLI = """
Results go to standard output, everything else to standard error. With `--json` a result is JSON, and an error is its
[RFC 9457 problem document](errors.md), on standard error. `ANTALYA_DEBUG=1` shows tracebacks.
`antalya --install-completion` teaches your shell to complete commands, options and what `show` shows.

## Exit codes

"""
_SETTINGS = f"""# Settings

A setting comes from, in this order: its default, `{FILE}` in the exchange's directory, the environment, an option of the
command. `antalya config show --origin` says where each value comes from. In the environment lists and tables are JSON. An
unknown setting is an error. Paths are relative to the exchange's directory.

"""
_ERRORS = """# Errors

Every refusal is one of these. Over HTTP it is an RFC 9457 problem document (`application/problem+json`) with `type`, `title`,
`status`, `detail`, `code`, `next_step`, and where they help `at` (the place in the input) and `instance` (the request's id).
Codes are stable. `antalya errors CODE` shows one.

"""
_API = """# HTTP API

The whole contract, with schemas and examples, is `/openapi.json` of a running exchange. Every request has
`Authorization: Bearer` and a party's token. Lists are `{"items": [...], "next": cursor or null}`: as long as
`next` is not null there is more, however few items a page has. Changes need `If-Match` with the ETag that was read. A filing may
be signed: `application/jose`, a compact JWS over its RFC 8785 bytes. Without a token: `/healthz`, `/readyz`, `/metrics`,
`/openapi.json`, and the page at `/`.

"""
_MINIMA = """# Separation minima

Operations of two activities clash when they come closer than the wider of the two in all three at once: across, in height and
in time. A `separation` rule in force between the parties sets others. These are this project's choice, not a standard's.

"""


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    def line(cells: Iterable[object]) -> str:
        return f"| {' | '.join(str(cell).replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |\n"
    columns = list(columns)
    return line(columns) + line("---" for _ in columns) + "".join(map(line, rows))


def code(value: object) -> str:
    """In the type of code; nothing where there is nothing."""
    return f"`{value}`" if str(value) else ""


# cli.md

def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command with its full name and a context for it, commands of groups after their group."""
    root = typer.main.get_command(app)
    for name in COMMANDS:
        command = root.get_command(None, name)  # type: ignore[attr-defined]
        context = command.make_context(f"antalya {name}", [], resilient_parsing=True)
        yield f"antalya {name}", command, context
        for sub, inner in getattr(command, "commands", {}).items():
            full = f"antalya {name} {sub}"
            yield full, inner, inner.make_context(full, [], resilient_parsing=True)


def parameters(command: Any, context: Any) -> list[tuple[str, str]]:
    """Each argument and option of a command with its help; `--help` is left out."""
    found = [(param, param.get_help_record(context)) for param in command.params]
    return [(record[0], record[1]) for param, record in found if record is not None and param.name != "help"]


def cli() -> str:
    """docs/reference/cli.md."""
    text = f"{MADE}# The command line\n\n{HELP}\n\n" + table(
        ("Command", ""), ((f"[`antalya {name}`](#antalya-{name})", said) for name, (_, _, said) in COMMANDS.items()))
    text += _CLI + table(("Code", "What it says"), EXIT_CODES.items())
    for name, command, context in commands():
        level = "##" if name.count(" ") == 1 else "###"
        text += f"\n{level} {name}\n\n"
        if not getattr(command, "commands", None):
            text += f"```text\n{' '.join((name, *command.collect_usage_pieces(context)))}\n```\n\n"
        text += (command.help or "").strip() + "\n"
        rows = parameters(command, context)
        if rows:
            text += "\n" + table(("Argument or option", ""), ((code(what), said.replace("  [", " [")) for what, said in rows))
    return text


# settings.md

def settings_of(kind: type, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, variable, default and description of each setting of a struct; nested limits with their own names."""
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.name}"
        inner = _inner(field.type)
        if inner in (Limits, UssSetting):
            yield from settings_of(inner, f"{name}.")
            continue
        default = "" if field.default is msgspec.NODEFAULT else msgspec.json.encode(field.default).decode()
        yield name, f"ANTALYA_{name.upper().replace('.', '__')}", default, description(field.type)


def _inner(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is not None and hasattr(hint, "__metadata__") else hint


def description(hint: Any) -> str:
    """What a field's type says of it; empty where it says nothing."""
    return " ".join(m.description for m in getattr(hint, "__metadata__", ()) if isinstance(m, Meta) and m.description)


def settings() -> str:
    """docs/reference/settings.md."""
    text = MADE + _SETTINGS
    text += table(("Setting", "Variable", "Default", ""), (
        (code(name), code(variable), code(default), said) for name, variable, default, said in settings_of(Settings, "")))
    said = (IssuerSetting.__doc__ or "").strip()
    text += f"\n## `[[issuers]]`\n\n{said} `antalya init` makes one, `local`, for `antalya token`.\n\n"
    text += table(("Field", "Default", ""), ((code(name), code(default), said)
                                             for name, _, default, said in settings_of(IssuerSetting, "")))
    others = table(("Variable", ""), ((code(name), said) for name, said in NOT_SETTINGS.items()))
    return f"{text}\n## Variables that are no settings\n\n{others}"


# errors.md, api.md, minima.md

def errors() -> str:
    """docs/reference/errors.md."""
    return MADE + _ERRORS + table(("Code", "HTTP", "Exit code", "What happened", "What to do next"), (
        (code(c.name), c.status, c.exit_code, c.title, c.next_step) for c in CATALOGUE.values()))


def api() -> str:
    """docs/reference/api.md."""
    return MADE + _API + table(("", "Path", "What", "Scope", "Query", "Headers", "Errors of its own"), (
        (row.method, code(row.path), row.summary, " or ".join(code(s.removeprefix("antalya.")) for s in row.scopes),
         ", ".join(code(q.name) for q in row.query), ", ".join(row.headers), ", ".join(map(code, row.errors)))
        for row in ENDPOINTS))


def minima() -> str:
    """docs/reference/minima.md."""
    return MADE + _MINIMA + table(("Activity", "Across (m)", "In height (m)", "In time (s)"), (
        (code(activity), f"{m.across_m:g}", f"{m.up_m:g}", f"{m.seconds:g}") for activity, m in MINIMA.items()))


def documents() -> dict[str, str]:
    """Each file of the reference that is made, and its text."""
    return {"cli.md": cli(), "settings.md": settings(), "errors.md": errors(), "api.md": api(), "minima.md": minima()}


def main() -> int:
    """Writes the files, or with --check says which differ."""
    differ = [name for name, text in documents().items()
              if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for name in differ:
            print(f"docs/reference/{name} is not what it describes: run python tools/reference.py")
        return bool(differ)
    for name in differ:
        (FOLDER / name).write_text(documents()[name], encoding="utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
