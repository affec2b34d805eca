"""A USS of the tests: a small honest one with a door of its own, which keeps its operational intents, answers for them, and
remembers what it was told. Everything it is told must fit the published interface."""

import socket
import threading
from typing import Any

import httpx
import uvicorn
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.f3548.conftest import INTERFACE

from antalya.exchange.bridge.talking import Message, Question, Said

_BODIES = {"operational_intents": "PutOperationalIntentDetailsParameters", "constraints": "PutConstraintDetailsParameters",
           "reports": "ErrorReport"}


class Plain:
    """`Peers` without tokens of their own: the scope stands for the token."""

    def tell(self, message: Message) -> int:
        try:
            return httpx.post(message.url, content=message.body, headers={"content-type": "application/json",
                                                                          "authorization": f"Bearer {message.scope}"}).status_code
        except httpx.HTTPError:
            return 0

    def ask(self, question: Question) -> Said:
        try:
            answer = httpx.get(question.url, headers={"authorization": f"Bearer {question.scope}"})
        except httpx.HTTPError:
            return Said(0)
        return Said(answer.status_code, answer.content)


class Peer:
    """Its address is `url`. `answers`: statuses to give to what it is told next instead of 204 (401: also to what it is asked), `refused`: that one of them was
    given; `told`: (what, body, token)."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.constraints: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.shown: list[str] = []
        self.answers: list[int] = []
        self.told: list[tuple[str, dict[str, Any], str]] = []
        self.refused = threading.Event()
        self._news = threading.Condition()
        routes = [Route("/uss/v1/{what}", self._hear, methods=["POST"]),
                  Route("/uss/v1/{what}/{id}", self._show, methods=["GET"])]
        self._listener = listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    async def _hear(self, request: Request) -> Response:
        what, body = request.path_params["what"], await request.json()
        schema = {"$ref": f"#/schemas/{_BODIES[what]}", "schemas": INTERFACE["schemas"]}
        Draft202012Validator(schema).validate(body)
        with self._news:
            if self.answers and (status := self.answers.pop(0)) != 204:
                self.refused.set()
                return JSONResponse({"message": "not now"}, status)
            self.told.append((what, body, request.headers.get("authorization", "").removeprefix("Bearer ")))
            self._news.notify_all()
        return Response(status_code=204)

    async def _show(self, request: Request) -> Response:
        what, id_ = request.path_params["what"], request.path_params["id"]
        kind, found = ("operational_intent", self.intents.get(id_)) if what == "operational_intents" else \
            ("constraint", self.constraints.get(id_))
        with self._news:
            if self.answers and self.answers[0] == 401:
                return JSONResponse({"message": "not with that"}, self.answers.pop(0))
            self.asked.append(id_)
            self.shown += [] if found is None else [id_]
            self._news.notify_all()
        return JSONResponse({"message": "no such thing"}, 404) if found is None else JSONResponse({kind: found})

    def heard(self, count: int, within_s: float = 20, what: str = "") -> list[dict[str, Any]]:
        """The bodies of what it was told (of one kind), once there are so many."""
        def bodies() -> list[dict[str, Any]]:
            return [body for kind, body, _ in self.told if what in ("", kind)]
        with self._news:
            assert self._news.wait_for(lambda: len(bodies()) >= count, within_s), (len(bodies()), count)
            return bodies()

    def was_asked(self, id_: str, count: int = 1, within_s: float = 30) -> None:
        """Waits until it has shown something so often."""
        with self._news:
            assert self._news.wait_for(lambda: self.shown.count(id_) >= count, within_s), self.asked

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()  # uvicorn leaves it open where it is stopped before it began
