"""What is done for each filing takes no longer the more operations there are: nothing reads a whole table that grows."""

import re
from typing import Any

from tests.world import World, volume

from antalya.store.sqlite import SqliteStore

SMALL = "meta|thing|json_each|CONSTANT|t$"
"""What may be read from end to end: what does not grow with operations."""


def plans(db: Any, statements: list[str]) -> list[str]:
    """How SQLite does what it was asked."""
    asked = [sql for sql in dict.fromkeys(statements) if re.match("SELECT|UPDATE|DELETE|INSERT", sql)]
    return [f"{row[-1]} of {sql}" for sql in asked for row in db.execute("EXPLAIN QUERY PLAN " + sql)]


def test_a_filing_a_change_an_answer_and_a_tick_look_for_what_they_need(world: World) -> None:
    asked: list[str] = []
    db = world.hub.store._writer  # type: ignore[attr-defined]
    db.set_trace_callback(asked.append)
    first = world.file("TR", volume())
    second = world.file("RU", volume(size=0.12))
    assert second["findings"]
    [ask] = world.asks("TR")
    world.answer("TR", ask["id"], "grant")
    world.withdraw("TR", first["operation"]["id"])
    world.later(hours=9)
    db.set_trace_callback(None)
    found = plans(db, asked)
    assert len(found) > 30
    assert not [plan for plan in found if re.match(rf"SCAN (?!{SMALL})", plan)]


def test_so_does_a_start(world: World) -> None:
    world.file("TR", volume())
    world.file("RU", volume())
    asked: list[str] = []
    again = SqliteStore(world.path)
    try:
        again._writer.set_trace_callback(asked.append)
        assert again.write(lambda tx: len(tx._caches.hot.index)) == 2
        again._writer.set_trace_callback(None)
        found = plans(again._writer, asked)
    finally:
        again.close()
    assert any("volumes" in plan for plan in found)
    assert not [plan for plan in found if re.match(rf"SCAN (?!{SMALL})", plan)]
