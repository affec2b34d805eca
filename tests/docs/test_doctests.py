"""Every docstring's example is executed."""

import doctest
import importlib
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(".".join(p.relative_to(SRC).with_suffix("").parts) for p in SRC.rglob("*.py") if ">>> " in p.read_text())


def test_there_are_examples() -> None:
    assert "antalya.checking.check" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_say_what_happens(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 0) == (0, True)
