"""Requests of one party wait for each other, not others for them."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.http.conftest import Door
from tests.http.test_door import operation

from antalya.entry.http.turns import Turns
from antalya.exchange import viewing
from antalya.exchange.hub import Hub
from antalya.steps.disclose import Viewer

MANY = 60
"""More than a process has threads for."""


@pytest.fixture(params=[False, True], ids=["alone", "kept"])
def door(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    made = Door(tmp_path, kept=request.param)
    yield made
    made.close()


def test_one_party_that_asks_much_at_once_keeps_nobody_from_reading(door: Door) -> None:
    tr, ru = door.client("TR"), door.client("RU")
    mine = operation(door, "TR")
    assert tr.post("/v1/operations", json=mine).status_code == 201
    go_on = threading.Event()
    try:
        held = door.world.hub.store.submit(lambda _: go_on.wait(60))  # somebody's long job, for which those of TR wait
        with ThreadPoolExecutor(MANY) as pool:
            asked = [pool.submit(tr.post, f"/v1/operations/{mine['id']}/check") for _ in range(MANY)]
            for _ in range(5_000):
                assert ru.get("/healthz").status_code == 200
                if door.facing.turns.there("TR") == MANY:
                    break
            assert ru.get("/v1/operations").status_code == 200
            assert not any(a.done() for a in asked)
            go_on.set()
            assert {a.result().status_code for a in asked} == {200}
        assert held.result()
    finally:
        go_on.set()
    assert door.facing.turns.there("TR") == 0


def test_pictures_are_made_one_after_the_other_and_nobody_who_asks_for_less_waits_for_them(
        door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    tr, ru = door.client("TR"), door.client("RU")
    mine = operation(door, "RU")
    assert ru.post("/v1/operations", json=mine).status_code == 201
    go_on, begun, real = threading.Event(), list[str](), viewing.picture

    def slow(hub: Hub, viewer: Viewer) -> object:
        begun.append(viewer.party)
        go_on.wait(60)
        return real(hub, viewer)
    monkeypatch.setattr(viewing, "picture", slow)
    try:
        with ThreadPoolExecutor(4) as pool:
            looks = [pool.submit(client.get, "/v1/picture") for client in (tr, tr, ru)]
            for _ in range(5_000):
                assert ru.get(f"/v1/operations/{mine['id']}").status_code == 200
                if door.facing.looks.there("TR") == 2 and door.facing.looks.there("RU") == 1 and begun:
                    break
            assert ru.get("/v1/me").status_code == 200
            assert len(begun) == 1
            go_on.set()
            assert {look.result().status_code for look in looks} == {200}
    finally:
        go_on.set()
    assert sorted(begun) == ["RU", "TR", "TR"]


def test_of_all_parties_no_more_than_so_many_have_their_turn() -> None:
    async def story() -> list[str]:
        turns, said = Turns(1, in_all=2), list[str]()
        leave = {name: asyncio.Event() for name in "abcd"}

        def request(party: str, name: str) -> Coroutine[None, None, None]:
            return asked(turns, party, name, said, leave[name])

        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(request(party, name))
                     for name, party in (("a", "TR"), ("b", "TR"), ("c", "RU"), ("d", "US"))}
            await settled()
            assert said == ["a", "c"]  # one of each party, and two of all
            tasks["a"].cancel()
            await settled()
            assert said == ["a", "c", "d"]
            for event in leave.values():
                event.set()
        return said
    assert asyncio.run(story()) == ["a", "c", "d", "b"]


async def asked(turns: Turns, party: str, name: str, said: list[str], leave: asyncio.Event) -> None:
    """A request that says its name when it is its turn, and is answered until it may leave."""
    async with turns.one(party):
        said.append(name)
        await leave.wait()


async def settled() -> None:
    """Until everybody who can go on has."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_whoever_comes_first_is_served_first_and_who_leaves_keeps_no_turn() -> None:
    async def story() -> list[str]:
        turns, said = Turns(2), list[str]()
        leave = {name: asyncio.Event() for name in "abcde"}

        def request(party: str, name: str) -> Coroutine[None, None, None]:
            return asked(turns, party, name, said, leave[name])

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(request("TR", name)) for name in "abcd"] + [group.create_task(request("RU", "e"))]
            await settled()
            assert said == ["a", "b", "e"]
            assert turns.there("TR") == 4
            tasks[2].cancel()  # the client is gone
            leave["b"].set()
            await settled()
            for event in leave.values():
                event.set()
        assert turns.there("TR") == turns.there("RU") == 0
        return said

    assert asyncio.run(story()) == ["a", "b", "e", "d"]
