"""The exchange's own tokens for USSs: asked of the authority once for each host and scope, and again when they end."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.f3548.peer import Peer

from antalya.entry.f3548 import peers as peers_module
from antalya.entry.f3548 import tokens as tokens_module
from antalya.entry.f3548.peers import HttpPeers
from antalya.entry.f3548.tokens import FromAuthority
from antalya.exchange.bridge.talking import Message, Question, Said

BODY = (b'{"constraint_id": "00000000-0000-4000-8000-000000000001", "subscriptions": '
        b'[{"subscription_id": "00000000-0000-4000-8000-000000000002", "notification_index": 1}]}')


class Authority:
    """Gives tokens to whoever has the secret. `asked`: the forms it got; `life_s`: how long its tokens are good."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.life_s, self.secret = 3_600, "s3cret"
        self._listener = listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/token"
        app = Starlette(routes=[Route("/token", self._give, methods=["POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    async def _give(self, request: Request) -> Response:
        form = dict(httpx.QueryParams(await request.body()))
        if form.get("client_secret") != self.secret:
            return JSONResponse({"error": "invalid_client"}, 401)
        self.asked.append(form)
        return JSONResponse({"access_token": f"token-{len(self.asked)}", "token_type": "Bearer", "expires_in": self.life_s})

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()  # uvicorn leaves it open where it is stopped before it began


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority()
    yield made
    made.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def test_a_token_for_each_host_and_scope_until_it_ends(authority: Authority, tmp_path: Path) -> None:
    secret = tmp_path / "uss.secret"
    secret.write_text("s3cret\n")
    tokens = FromAuthority(authority.url, "antalya", secret)
    assert [tokens("us.example", "a"), tokens("us.example", "a"), tokens("us.example", "b"), tokens("tr.example", "a")] == [
        "token-1", "token-1", "token-2", "token-3"]
    assert authority.asked[0] == {"grant_type": "client_credentials", "client_id": "antalya", "client_secret": "s3cret",
                                  "scope": "a", "audience": "us.example"}
    authority.life_s = 60  # which is over, for whoever wants it to be good for a while
    assert [tokens("ru.example", "a"), tokens("ru.example", "a")] == ["token-4", "token-5"]


def test_without_a_token_nothing_is_sent(authority: Authority, peer: Peer, tmp_path: Path) -> None:
    secret = tmp_path / "uss.secret"
    peers = HttpPeers(FromAuthority(authority.url, "antalya", secret))
    message = Message("US", f"{peer.url}/uss/v1/constraints", "utm.constraint_management", BODY)
    assert peers.tell(message) == 0
    secret.write_text("wrong")
    assert peers.tell(message) == 0
    assert peer.told == []
    asked = peers.ask(Question("US", f"{peer.url}/uss/v1/constraints/x", "utm.constraint_processing"))  # no fault of the USS's
    assert (peer.asked, asked.problem.partition(",")[0]) == ([], "it was not asked")
    secret.write_text("s3cret")
    assert peers.tell(message) == 204
    assert [token for _, _, token in peer.told] == ["token-1"]


def test_a_token_that_is_not_taken_is_not_used_again(authority: Authority, peer: Peer, tmp_path: Path) -> None:
    """The authority has new keys: what it made before is refused everywhere, an hour before its end."""
    (tmp_path / "uss.secret").write_text("s3cret")
    peers = HttpPeers(FromAuthority(authority.url, "antalya", tmp_path / "uss.secret"))
    message = Message("US", f"{peer.url}/uss/v1/constraints", "utm.constraint_management", BODY)
    peer.answers = [403, 401]
    assert [peers.tell(message) for _ in range(4)] == [403, 401, 204, 204]
    assert [token for _, _, token in peer.told] == ["token-2", "token-2"]
    peer.answers = [401]
    question = Question("US", f"{peer.url}/uss/v1/constraints/x", "utm.constraint_management")
    assert [peers.ask(question).status for _ in range(2)] == [401, 404]
    assert len(authority.asked) == 3


def test_an_address_that_is_none_and_a_door_that_is_shut(authority: Authority, tmp_path: Path) -> None:
    peers = HttpPeers(lambda host, scope: "token")
    for url in ("http://127.0.0.1:9/uss/v1/constraints", "http://[::1/uss", "https://", "http://x\n/"):
        assert peers.tell(Message("US", url, "utm.constraint_management", BODY)) == 0


@pytest.mark.parametrize("mark", "?#@\\")
def test_an_address_from_before_that_hides_where_it_leads_is_not_asked(peer: Peer, mark: str) -> None:
    question = Question("US", f"{peer.url}/admin{mark}/uss/v1/operational_intents/x", "a")
    assert HttpPeers(lambda host, scope: "token").ask(question) == Said(
        0, b"", "it was not asked, there was no token or no address to ask it with: ValueError")
    assert peer.asked == []


def test_a_uss_that_never_comes_to_an_end_is_left(trickling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers_module, "_LONGEST_S", 0.2)
    peers = HttpPeers(lambda host, scope: "token")
    assert peers.tell(Message("US", f"{trickling}/uss/v1/constraints", "utm.constraint_management", BODY)) == 0
    asked = peers.ask(Question("US", f"{trickling}/uss/v1/constraints/x", "utm.constraint_processing"))
    assert asked == Said(0, b"", "there was no answer: TimeoutError")


def test_an_authority_that_never_comes_to_an_end_is_left(trickling: str, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens_module, "_LONGEST_S", 0.2)
    tokens = FromAuthority(f"{trickling}/token", "antalya", None)
    with pytest.raises(TimeoutError):
        tokens("us.example", "a")
    assert HttpPeers(tokens).tell(Message("US", f"{peer.url}/uss/v1/constraints", "utm.constraint_management", BODY)) == 0
    assert peer.told == []


def test_of_a_token_no_more_is_read_than_may_be(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uss.secret").write_text("s3cret")
    monkeypatch.setattr(tokens_module, "_MOST_BYTES", 10)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        FromAuthority(authority.url, "antalya", tmp_path / "uss.secret")("us.example", "a")


def test_of_an_answer_no_more_is_read_than_may_be(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    peers, question = HttpPeers(lambda host, scope: "token"), Question("US", f"{peer.url}/uss/v1/constraints/x", "a")
    assert (peers.ask(question).status, peers.ask(question).problem) == (404, "")
    monkeypatch.setattr(peers_module, "_MOST_BYTES", 10)
    assert peers.ask(question) == Said(404, b"", "the answer takes more than 10 bytes")
