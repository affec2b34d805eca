"""What a door does again and again goes on after an error that nobody foresaw: time passes, other processes are heard, issuers'
keys are looked up."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.http.conftest import Door
from tests.world import hours

from antalya.entry.http import app
from antalya.exchange import settling, viewing
from antalya.exchange.hub import Hub
from antalya.store.sqlite import SqliteStore

LONGEST_S = 30
"""How long to wait for what is to happen at once."""


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_TICK_S", 0.01)
    monkeypatch.setattr(app, "_HEAR_S", 0.01)


@contextmanager
def served(directory: Path, **options: object) -> Iterator[Door]:
    door = Door(directory, **options)  # type: ignore[arg-type]
    try:
        yield door
    finally:
        door.close()


def failing_once(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> threading.Event:
    """Has a function of a module raise once; set when it has worked afterwards."""
    work: Callable[[Hub], object] = getattr(module, name)
    worked, fails = threading.Event(), iter((True,))

    def once(hub: Hub) -> object:
        if next(fails, False):
            raise sqlite3.InterfaceError("nobody foresaw this")
        done = work(hub)
        worked.set()
        return done
    monkeypatch.setattr(module, name, once)
    return worked


def test_time_passes_for_asks_after_an_error_that_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path) as door:
        for party in ("TR", "RU"):
            door.world.file(party)
        asked = door.world.asks("TR", None) + door.world.asks("RU", None)
        door.world.clock.now += hours(100)
        worked = failing_once(monkeypatch, settling, "tick")
        assert worked.wait(LONGEST_S)
        states = {ask["state"] for party in ("TR", "RU") for ask in door.client(party).get("/v1/asks").json()["items"]}
        assert asked
        assert "open" not in states


def test_other_processes_are_heard_after_an_error_that_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path) as door:
        assert failing_once(monkeypatch, viewing, "last_event").wait(LONGEST_S)
        rung = threading.Event()
        deaf = door.world.hub.bell.listen(rung.set)
        other = SqliteStore(door.world.path)
        other.write(lambda tx: tx.add_event("TR", "operation.filed", "x", door.world.clock()))
        other.close()
        assert rung.wait(LONGEST_S)
        deaf()


def test_issuers_keys_are_looked_up_after_an_error_that_nobody_foresaw(tmp_path: Path) -> None:
    looked, fails = threading.Event(), iter((True,))

    def refresh() -> None:
        if next(fails, False):
            raise RuntimeError("nobody foresaw this")
        looked.set()
    with served(tmp_path, refresh=refresh):
        assert looked.wait(LONGEST_S)
