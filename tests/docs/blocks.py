"""Runs a guide: writes the files it shows, types its commands, compares what they print, executes its Python.

Fenced blocks: ` ```json NAME ` and ` ```toml NAME ` are files; ` ```console ` has `$ antalya …` (or `$ echo $?`) and what it
prints, where `…` stands for any text; ` ```python ` is executed.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

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


def run(guide: Path) -> int:
    """Runs a guide in the current folder; the number of commands that were compared."""
    compared = 0
    for block in blocks(guide):
        if block.name is not None:
            Path(block.name).write_text(block.body, encoding="utf-8")
        elif block.kind == "console":
            compared += _type(block)
        elif block.kind == "python":
            exec(compile(block.body, f"{guide.name}:{block.line}", "exec"), {})
    return compared


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
        pattern = ".*".join(re.escape(part) for part in re.split(r"…", expected.strip()))
        assert re.fullmatch(pattern, printed.replace("\r\n", "\n").strip(), re.DOTALL), (
            f"line {block.line}: {line}\nprinted\n{printed}\ninstead of\n{expected}")
    return len(commands)
