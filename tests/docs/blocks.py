"""Runs a guide: writes the files it shows, types its commands, compares what they print, executes its Python.

Fenced blocks: ` ```json NAME ` and ` ```toml NAME ` are files; ` ```console ` has `$ antalya …` (or `$ echo $?`) and what it
prints, where `…` stands for any text; ` ```python ` is executed, and prints what a ` ```text ` after it says.
"""

import re
import shlex
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from antalya.entry.cli import app

_FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)

@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, the file's name if it is one, its text, and the line it begins at."""

    kind: str
    name: str | None
    body: str
    line: int


def blocks(guide: Path) -> list[Block]:
    """The fenced blocks of a guide."""
    text = guide.read_text(encoding="utf-8")
    return [Block(m["kind"], m["name"], m["body"], text.count("\n", 0, m.start()) + 1) for m in _FENCE.finditer(text)]


def run(guide: Path, names: dict[str, Any] | None = None) -> int:
    """Runs a guide in the current folder; how often what was printed was compared. `names` gets what its Python made."""
    compared, names, shown = 0, {} if names is None else names, blocks(guide)
    for block, after in zip(shown, [*shown[1:], None], strict=True):
        if block.name is not None:
            Path(block.name).write_text(block.body, encoding="utf-8")
        elif block.kind == "console":
            compared += _type(block)
        elif block.kind == "python":
            with redirect_stdout(StringIO()) as printed:
                exec(compile(block.body, f"{guide.name}:{block.line}", "exec"), names)
            if after is not None and after.kind == "text":
                compare(f"line {block.line}", after.body, printed.getvalue())
                compared += 1
    return compared


def compare(what: str, expected: str, printed: str) -> None:
    """Fails where something else was printed than what a guide shows."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    assert re.fullmatch(pattern, printed.replace("\r\n", "\n").strip(), re.DOTALL), (
        f"{what} printed\n{printed}\ninstead of\n{expected}")


def _type(block: Block) -> int:
    code, commands = 0, re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]
    for command in commands:
        line, _, expected = command.partition("\n")
        words = shlex.split(line)
        if words[0] == "antalya":
            result = CliRunner().invoke(app, words[1:])
            code, printed = result.exit_code, result.output
        else:
            assert line == "echo $?", f"line {block.line}: this guide's runner does not know {line!r}"
            printed = f"{code}\n"
        compare(f"line {block.line}: {line}", expected, printed)
    return len(commands)
