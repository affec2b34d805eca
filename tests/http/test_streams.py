"""Event streams: how many a party may have at once, and that those of one party share a look at the store."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import Door
from tests.http.test_door import problem
from tests.world import World, hours

from antalya.entry.http.streams import Streams
from antalya.exchange import viewing
from antalya.model.limits import Limits
from antalya.steps.disclose import Viewer

MOST = 3


@pytest.fixture(params=[False, True], ids=["alone", "kept"])
def few(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    """A door at which a party may have three streams."""
    door = Door(tmp_path, limits=Limits(streams=MOST), kept=request.param)
    yield door
    door.close()


@contextmanager
def streams(client: httpx.Client, count: int) -> Iterator[list[httpx.Response]]:
    """So many streams of a party, open."""
    with ExitStack() as opened:
        yield [opened.enter_context(client.stream("GET", "/v1/events")) for _ in range(count)]


def asked(client: httpx.Client) -> httpx.Response:
    """The answer to one more stream; without its body where there is a stream, which is closed again."""
    with client.stream("GET", "/v1/events") as answer:
        if answer.status_code != 200:
            answer.read()
        return answer


def room_again(client: httpx.Client) -> None:
    """Goes on asking until there is room for as many streams as there may be: that one has ended is seen a moment later."""
    for _ in range(2_000):
        with streams(client, MOST) as opened:
            if all(answer.status_code == 200 for answer in opened):
                return
    raise AssertionError("streams that ended are still counted")


def test_a_party_has_so_many_streams_at_once_and_no_more(few: Door) -> None:
    tr, ru = few.client("TR"), few.client("RU")
    with streams(tr, MOST) as opened:
        assert [answer.status_code for answer in opened] == [200] * MOST
        refused = asked(tr)
        problem(refused, "rate_exceeded")
        assert int(refused.headers["retry-after"]) >= 1
        assert asked(ru).status_code == 200
        assert tr.get("/v1/me").status_code == 200
    room_again(tr)


@pytest.mark.parametrize("how", ["its token ends", "it fails"])
def test_a_stream_that_ends_by_itself_counts_no_more(few: Door, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = viewing.events

    def failing(*of: Any) -> Any:
        raise RuntimeError("nobody foresaw this")
    tr = few.client("TR")
    with streams(tr, MOST) as opened:
        assert [answer.status_code for answer in opened] == [200] * MOST
        if how == "it fails":
            monkeypatch.setattr(viewing, "events", failing)
        else:
            few.world.clock.now += hours(25)
        few.world.hub.bell.ring()
        for answer in opened:
            try:
                list(answer.iter_raw())
            except httpx.RemoteProtocolError:  # it failed in the middle
                continue
        monkeypatch.setattr(viewing, "events", looks)
        room_again(few.client("TR"))


def test_streams_of_a_party_all_hear_of_an_event(few: Door) -> None:
    with streams(few.client("TR"), MOST) as opened:
        lines = [answer.iter_lines() for answer in opened]
        for _ in range(3):
            few.world.file("TR")
            assert [next(line for line in each if line.startswith("event: ")) for each in lines] == ["event: operation.filed"] * MOST


def test_what_a_stream_left_out_was_not_delivered_by_it(few: Door) -> None:
    """It began later, as it was asked to: whoever asks for what was not delivered gets the rest, and the log does not say that it was."""
    few.world.file("TR")
    first, *_ = viewing.events(few.world.hub, Viewer("TR"), 0)
    with few.client("TR").stream("GET", "/v1/events", params={"after": first["id"]}) as answer:
        lines = answer.iter_lines()
        for _ in range(2):  # when the second comes, the first is noted
            few.world.file("TR")
            assert next(line for line in lines if line.startswith("event: ")) == "event: operation.filed"
    assert viewing.events(few.world.hub, Viewer("TR"), 0)[0]["delivered_at"] is None
    assert viewing.begin_after(few.world.hub, Viewer("TR"), None) < first["id"]


def test_streams_of_a_party_share_a_look_but_not_one_from_before_the_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, looks, look = World(tmp_path), list[int](), viewing.events
    began, go_on = threading.Event(), threading.Event()

    def slow(*of: Any) -> Any:
        looks.append(len(looks))
        found = look(*of)
        if len(looks) == 1:
            began.set()
            assert go_on.wait(30)
        return found
    monkeypatch.setattr(viewing, "events", slow)

    async def whole() -> None:
        shared, rung, tr = Streams(), asyncio.Event(), Viewer("TR")

        def want(count: int) -> list[asyncio.Task[Any]]:
            return [asyncio.create_task(shared.look(world.hub, tr, 0)) for _ in range(count)]
        with shared.one(world.hub, "TR", rung):
            before = want(10)
            await asyncio.to_thread(began.wait, 30)
            await asyncio.to_thread(world.file, "TR")
            await asyncio.wait_for(rung.wait(), 30)
            [*heard] = await asyncio.gather(*want(10))
            assert [[event["type"] for event in page] for page in heard] == [["operation.filed"]] * 10
            go_on.set()
            assert await asyncio.gather(*before) == [[]] * 10
            assert len(looks) == 2
            assert shared._looks == {}
    try:
        asyncio.run(whole())
    finally:
        go_on.set()
        world.close()
