"""Serving an exchange: the port, the server, its structured log."""

import asyncio
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import uvicorn

from antalya.entry.http.app import application
from antalya.entry.http.call import Desk
from antalya.entry.http.connection import Protocol
from antalya.entry.http.rates import Rates
from antalya.entry.issuers import Issuers
from antalya.entry.settings import Loaded
from antalya.exchange.hub import Hub
from antalya.model.errors import error
from antalya.store.hot import warm_soon

_FIELDS = ("request", "method", "route", "party", "status", "milliseconds", "code")
_STOP_S = 1
_COLLECT_AFTER = 20_000
"""Objects that came and stayed, after which the collector looks among them for what only holds itself."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, message and the known extras. No plan contents reach it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": datetime.fromtimestamp(record.created, UTC), "level": record.levelname.lower(), "logger": record.name,
                "message": record.getMessage()}
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def _is_defect(record: logging.LogRecord) -> bool:
    """Whether it says more than that a request was cut off as the server stopped; of those uvicorn says how many there were."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def log_to_stderr(level: str) -> None:
    """Structured logs of the exchange and its server on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_is_defect)
    for name in ("antalya", "uvicorn.error", "psycopg.pool"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper() if name == "antalya" else "WARNING")


def listener(host: str, port: int) -> socket.socket:
    """A listening socket. Raises port_in_use, bad_setting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(2_048)
    except OSError as failure:
        made.close()
        if failure.errno in (98, 48, 10048):  # EADDRINUSE on Linux, macOS, Windows
            raise error("port_in_use", f"{host}:{port} is taken by another program", at="port") from None
        raise error("bad_setting", f"can't listen at {host}:{port}: {failure.strerror}", at="host") from None
    return made


def free_port(host: str, port: int) -> None:
    """Raises port_in_use where a port can't be had; for looking before long work."""
    listener(host, port).close()


def desk_for(loaded: Loaded, hub: Hub, *, test_keys: bool = False) -> Desk:
    """The desk of an exchange as its settings say: its issuers, audience and rates. `test_keys`: keys published for tests are
    good. Raises bad_setting."""
    issuers = Issuers(loaded.settings.issuers, loaded.directory, test_keys=test_keys)
    limits = loaded.settings.limits
    peers = None
    if hub.uss is not None:  # imported here: an exchange that talks to nobody starts without it
        from antalya.entry.f3548.peers import HttpPeers
        from antalya.entry.f3548.tokens import tokens_for
        peers = HttpPeers(tokens_for(loaded, hub))
    desk = Desk(hub, issuers, loaded.settings.audience, Rates(limits.requests_per_s, limits.burst), refresh=issuers.refresh,
                renew=issuers.renew, peers=peers)
    issuers.on_change = desk.callers.clear
    return desk


@dataclass(frozen=True)
class Doors:
    """Processes that take the requests before this one, which keeps the store: how many, and with which flags they begin
    (`door.begin`)."""

    count: int
    flags: dict[str, Any]


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop that uvicorn would choose. Without its own logging: ours is set up by now."""
    return uvicorn.Config("", log_config=None).get_loop_factory()


def settle() -> None:
    """What is there once requests are taken, stays: the collector need not look at it again. And it looks less often at what
    comes, nearly all of which goes without it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


class _Server(uvicorn.Server):
    """uvicorn that says when it listens, and ends event streams when it is told to stop."""

    def __init__(self, config: uvicorn.Config, desk: Desk, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._desk, self._on_listening = desk, on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle()
            self._on_listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes the signals that end it. Unlike uvicorn it does not raise them again afterwards: whoever called `run` has a
        store to close and a folder to clear."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ends = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup has it ignored
            ends.append(signal.SIGHUP)
        before = {sig: signal.signal(sig, self.handle_exit) for sig in ends}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def handle_exit(self, sig: int, frame: object) -> None:
        self._desk.stopping.set()
        self._desk.hub.bell.ring()
        super().handle_exit(sig, frame)  # type: ignore[arg-type]


def run(desk: Desk, host: str, port: int, on_listening: Callable[[str], None], doors: Doors | None = None) -> None:
    """Serves until SIGINT, SIGTERM or SIGHUP; `on_listening` gets the address once requests are taken. Raises port_in_use, and
    with `doors` bad_setting where the system can't hand sockets to other processes."""
    with listener(host, port) as taken:
        name = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
        address = f"http://{name}:{taken.getsockname()[1]}"
        if doors is None:
            serve_at(desk, taken, lambda: on_listening(address))
        else:
            from antalya.entry.keeper import keep  # here: few have doors of their own
            keep(desk, taken, doors, lambda: on_listening(address))


def serve_at(desk: Desk, taken: socket.socket, on_listening: Callable[[], None]) -> None:
    """Takes requests at a listening socket until SIGINT, SIGTERM or SIGHUP."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_server(desk, on_listening).serve(sockets=[taken]))


def serve_as_door(desk: Desk, taken: socket.socket, way: socket.socket) -> None:
    """As `serve_at`, before a process that keeps the store, to which there is a way; also until that is gone."""
    from antalya.entry.http.relay import Keeper  # here: few need it

    async def whole() -> None:
        end = desk.stopping.set
        keeper = Keeper(desk.hub.bell.ring, lambda: end(), warm_soon)
        await asyncio.get_running_loop().create_unix_connection(lambda: keeper.channel, sock=way)
        server = _server(replace(desk, keeper=keeper), keeper.listening)
        end = partial(server.handle_exit, signal.SIGTERM, None)
        try:
            await server.serve(sockets=[taken])
        finally:
            keeper.channel.close()
    way.setblocking(False)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(whole())


def _server(desk: Desk, on_listening: Callable[[], None]) -> _Server:
    config = uvicorn.Config(application(desk), http=Protocol, access_log=False, log_config=None, server_header=False,
                            timeout_graceful_shutdown=_STOP_S)
    return _Server(config, desk, on_listening)
