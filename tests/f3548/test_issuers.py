"""Tokens of others: RS256, ES256 and EdDSA, keys in files or at an address, that change while the exchange serves."""

import json
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from msgspec.structs import replace
from tests.f3548.conftest import SC, Uss, new_id
from tests.http.conftest import Door
from tests.served import typed

from antalya.entry import issuers as issuers_module
from antalya.entry.issuers import Issuers
from antalya.entry.settings import IssuerSetting
from antalya.model.bridging import Uss as Own
from antalya.model.errors import AntalyaError
from antalya.model.parties import Party
from antalya.store import keys as key_files
from antalya.store.keys import issuer_keys

HOST = "dss.example.com"
MADE: dict[str, Callable[[], Any]] = {"RS256": lambda: RSAKey.generate_key(2_048), "ES256": lambda: ECKey.generate_key("P-256"),
                                      "EdDSA": lambda: OKPKey.generate_key("Ed25519")}


@cache
def key_for(alg: str) -> Any:
    """One key for each algorithm, made when it is wanted."""
    return MADE[alg]()


OLD_TEST_KEY = """-----BEGIN PUBLIC KEY-----
MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgHkNtpy3GB0YTCl2VCCd22i0rJwI
GBSazD4QRKvH6rch0IP4igb+02r7t0X//tuj0VbwtJz3cEICP8OGSqrdTSCGj5Y0
3Oa2gPkx/0c0V8D0eSXS/CUC0qrYHnAGLqko7eW87HW0rh7nnl2bB4Lu+R8fOmQt
5frCJ5eTkzwK5YczAgMBAAE=
-----END PUBLIC KEY-----
"""
TEST_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtjrMt+vOxuqjOU+hwrVA
gHjBMs9nMw1ONSpiLOpUQSnqvBwB0Zba+8e2tGJeQDWEf8KoVt3PfMa34EomLhWZ
GWEosftV8gZSbneDjUnE+kUTXvZmMFa2Byc9njsl5N7dOC1pT7qHNJOB9RhK/9eh
Pl7XczRuIJR7N/ZFk+XZSlFh5werq7ME7GdhBPFaO30KZRmRhgwVtAP2kA8sSrqg
xXuuyy808UvT3MkzL63Sv/EzQSs8YLVAn/BwiQlmWxKFmtzNk9RJdYkxRJN1E9E2
sS2i6b55j94hiPwwQ16GsAAWUT+ijezlHuGZU+OLYtYfoHy+4Ku31doQc0ujvtYO
JQIDAQAB
-----END PUBLIC KEY-----
"""


class KeyServer:
    """An authority's address of keys; `keys` is what it hands out, `asked` how often it was asked."""

    def __init__(self, *keys: Any) -> None:
        self.keys, self.asked, self.broken = list(keys), 0, False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = b"oops" if outer.broken else json.dumps(KeySet(outer.keys).as_dict(private=False)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[Callable[..., KeyServer]]:
    made: list[KeyServer] = []

    def make(*keys: Any) -> KeyServer:
        made.append(KeyServer(*keys))
        return made[-1]
    yield make
    for server in made:
        server.close()


def token(door: Door, key: Any, alg: str, *scopes: str, issuer: str = "https://auth.example", life_s: float = 3_600,
          kid: str | None = "own", **fields: Any) -> str:
    """A token as an authority of the standard makes it: without `iat`."""
    claims = {"iss": issuer, "sub": "skyco", "aud": HOST, "scope": " ".join(scopes or (SC,)), "jti": new_id(),
              "exp": int((door.world.clock() + timedelta(seconds=life_s)).timestamp())} | fields
    key.ensure_kid()
    head = {"alg": alg, "typ": "JWT"} | ({} if kid is None else {"kid": key.kid if kid == "own" else kid})
    return jwt.encode(head, claims, key, algorithms=[alg])


def trust(door: Door, *settings: IssuerSetting, directory: Path = Path("/"), test_keys: bool = False) -> Issuers:
    """Has the exchange trust these issuers only."""
    made = Issuers(settings, directory, test_keys=test_keys)
    made.on_change = door.desk.callers.clear
    for name, value in (("issuers", made), ("refresh", made.refresh), ("renew", made.renew)):
        object.__setattr__(door.desk, name, value)
    return made


def authority(**fields: Any) -> IssuerSetting:
    return msgspec.convert({"name": "https://auth.example", "audiences": [HOST], "max_life_s": 3_600.0, "brings_parties": True,
                            "scopes": [SC]} | fields, IssuerSetting)


def status(door: Door, bearer: str) -> int:
    with_token = Uss(door.url, lambda *_: bearer, "skyco")
    try:
        return with_token.get(new_id()).status_code
    finally:
        with_token.close()


@pytest.mark.parametrize("alg", MADE)
def test_each_algorithm_by_address_and_by_file(door: Door, key_server: Callable[..., KeyServer], tmp_path: Path, alg: str) -> None:
    key = key_for(alg)
    trust(door, authority(jwks_url=key_server(key).url))
    assert status(door, token(door, key, alg)) == 404
    assert status(door, token(door, key, alg, kid=None)) == 404
    assert status(door, token(door, key, alg, kid="another")) == 401
    (tmp_path / "auth.pem").write_bytes(key.as_pem(private=False))
    trust(door, authority(keys_file="auth.pem"), directory=tmp_path)
    assert status(door, token(door, key, alg, kid="whatever")) == 404
    other = type(key).generate_key(key.as_dict().get("crv", 2_048))
    assert status(door, token(door, other, alg)) == 401


def test_a_key_without_a_name_fits_whatever_name_a_token_says(door: Door, tmp_path: Path) -> None:
    named, nameless = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    keys = [named.as_dict(private=False) | {"kid": "one"}, {k: v for k, v in nameless.as_dict(private=False).items() if k != "kid"}]
    (tmp_path / "auth.json").write_text(json.dumps({"keys": keys}))
    trust(door, authority(keys_file="auth.json"), directory=tmp_path)
    for kid in ("whatever", "one", None):
        assert status(door, token(door, nameless, "ES256", kid=kid)) == 404
    assert [status(door, token(door, named, "ES256", kid=kid)) for kid in ("one", None, "whatever")] == [404, 404, 401]


def test_audience_life_issuer_and_scope(door: Door, key_server: Callable[..., KeyServer]) -> None:
    key = key_for("RS256")
    trust(door, authority(jwks_url=key_server(key).url))
    for fields in ({"aud": "other.example.com"}, {"aud": f"{HOST}:443"}, {"life_s": 3_700}, {"life_s": -6},
                   {"issuer": "https://else.example"}):
        assert status(door, token(door, key, "RS256", **fields)) == 401
    assert status(door, token(door, key, "RS256", aud=["a.example", HOST])) == 404
    assert status(door, token(door, key, "RS256", "utm.constraint_management")) == 403
    assert status(door, token(door, key, "RS256", "antalya.operate")) == 403


def test_an_authority_s_clients_become_parties_where_its_setting_says_so(door: Door, key_server: Callable[..., KeyServer]) -> None:
    url = key_server(key_for("EdDSA")).url
    trust(door, authority(jwks_url=url, brings_parties=False))
    assert status(door, token(door, key_for("EdDSA"), "EdDSA")) == 403
    trust(door, authority(jwks_url=url))
    assert status(door, token(door, key_for("EdDSA"), "EdDSA")) == 404
    assert status(door, token(door, key_for("EdDSA"), "EdDSA")) == 404
    with door.world.hub.store.read() as tx:
        assert [thing.version for thing in tx.versions_of("party", "skyco")] == [1]


@pytest.mark.parametrize("name", ["exchange", "operator", "*", "other-uss"])
def test_nobody_is_called_as_the_exchange_or_everybody(door: Door, key_server: Callable[..., KeyServer], name: str) -> None:
    hub, key = door.world.hub, key_for("EdDSA")
    object.__setattr__(hub, "uss", Own("other-uss", door.url))
    trust(door, authority(jwks_url=key_server(key).url, scopes=[SC, "antalya.read"]))
    made = token(door, key, "EdDSA", SC, "antalya.read", sub=name)
    assert status(door, made) == 403
    assert httpx.get(f"{door.url}/v1/log/leaves", headers={"authorization": f"Bearer {made}"}).json()["code"] == "foreign_party"
    with pytest.raises(AntalyaError) as refused:
        door.world.put(Party(id=name, name="x"))
    assert (refused.value.code.name, refused.value.at) == ("duplicate_id", "id")
    with hub.store.read() as tx:
        assert tx.thing("party", name) is None


def test_a_party_from_before_with_the_name_of_the_exchange_reads_nothing_of_what_it_logs(door: Door) -> None:
    before = Party(id="exchange", name="from before")
    door.world.hub.store.write(lambda tx: tx.put_thing("party", before, "operator", door.world.clock()))
    door.world.file("TR")
    door.world.file("RU")
    items = door.client("exchange").get("/v1/log/leaves").json()["items"]
    assert [item["entry"] for item in items if "entry" in item] == []
    broker = door.client("broker", "antalya.read", "antalya.broker").get("/v1/log/leaves").json()["items"]
    assert [item for item in broker if item["entry"]["actor"] == "exchange"]
    assert door.world.put(replace(before, name="renamed"), version=1).version == 2


def test_who_brings_parties_names_no_other(door: Door, key_server: Callable[..., KeyServer]) -> None:
    key = key_for("EdDSA")
    url = key_server(key).url
    scopes = [SC, "antalya.read"]
    one, other = authority(jwks_url=url, scopes=scopes), authority(jwks_url=url, name="https://other.example", scopes=scopes)

    def at_both_doors(setting: IssuerSetting, party: str) -> tuple[int, int]:
        made = token(door, key, "EdDSA", *scopes, issuer=setting.name, sub=party)
        return status(door, made), httpx.get(f"{door.url}/v1/parties", headers={"authorization": f"Bearer {made}"}).status_code

    trust(door, one, other)
    assert at_both_doors(one, "TR") == (403, 403)
    assert at_both_doors(one, "skyco") == (404, 200)
    assert at_both_doors(other, "skyco") == (403, 403)
    skyco = Party(id="skyco", name="Sky Company", source="a letter of theirs")
    door.world.put(skyco, version=1)
    assert at_both_doors(one, "skyco") == (404, 200)  # whoever changed it since
    door.world.put(Party(id="airco", name="airco", source=f"token of {one.name}"))
    assert at_both_doors(one, "airco") == (403, 403)  # the operator's, whatever its source says
    refused = httpx.get(f"{door.url}/v1/parties", headers={
        "authorization": f"Bearer {token(door, key, 'EdDSA', *scopes, sub='TR')}"})
    assert refused.json()["code"] == "foreign_party"


def test_an_issuer_names_the_parties_of_its_setting(door: Door, key_server: Callable[..., KeyServer]) -> None:
    key = key_for("EdDSA")
    url = key_server(key).url
    for setting, named in ((authority(jwks_url=url, parties=["TR"]), {"TR": 404, "US": 403, "skyco": 404}),
                           (authority(jwks_url=url, brings_parties=False), {"TR": 404, "US": 404, "airco": 403}),
                           (authority(jwks_url=url, brings_parties=False, parties=["TR"]), {"TR": 404, "US": 403, "skyco": 403})):
        trust(door, setting)
        assert {party: status(door, token(door, key, "EdDSA", sub=party)) for party in named} == named


def test_keys_change_while_the_exchange_serves(door: Door, key_server: Callable[..., KeyServer],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers_module, "_AGAIN_S", 0.0)
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    server = key_server(old)
    made = trust(door, authority(jwks_url=server.url, refresh_s=1.0))
    before = token(door, old, "ES256")
    assert status(door, before) == 404
    server.keys = [new]
    assert status(door, token(door, new, "ES256")) == 404
    assert status(door, before) == 401
    asked = server.asked
    assert [status(door, token(door, new, "ES256")) for _ in range(3)] == [404] * 3
    assert server.asked == asked
    server.broken = True
    made.renew("https://auth.example")
    assert status(door, token(door, new, "ES256")) == 404
    server.broken, server.keys = False, [old]
    made._sources[0].looked_at = time.monotonic() - 2
    made.refresh()
    assert status(door, token(door, old, "ES256")) == 404


def test_an_unknown_key_is_looked_up_now_and_then_only(door: Door, key_server: Callable[..., KeyServer]) -> None:
    server = key_server(key_for("ES256"))
    trust(door, authority(jwks_url=server.url))
    for _ in range(5):
        assert status(door, token(door, ECKey.generate_key("P-256"), "ES256")) == 401
    assert server.asked == 1


def test_a_changed_file_is_read_again(door: Door, tmp_path: Path) -> None:
    old, new = key_for("ES256"), ECKey.generate_key("P-256")
    (tmp_path / "auth.pem").write_bytes(old.as_pem(private=False))
    made = trust(door, authority(keys_file="auth.pem"), directory=tmp_path)
    (tmp_path / "auth.pem").write_bytes(new.as_pem(private=False) + b"\n")
    made.refresh()
    assert status(door, token(door, new, "ES256")) == 404
    assert status(door, token(door, old, "ES256")) == 401


def test_an_address_that_does_not_answer_yet_is_no_reason_not_to_serve(door: Door) -> None:
    trust(door, authority(jwks_url="http://127.0.0.1:9/none"))
    assert status(door, token(door, key_for("ES256"), "ES256")) == 401


def test_an_address_that_never_comes_to_an_end_is_left(door: Door, trickling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers_module, "_LONGEST_S", 0.2)
    trust(door, authority(jwks_url=f"{trickling}/jwks"))
    assert status(door, token(door, key_for("ES256"), "ES256")) == 401


@pytest.mark.parametrize("fields", [{}, {"keys_file": "x", "jwks_url": "https://auth.example/jwks"},
                                    {"jwks_url": "http://auth.example/jwks"}, {"jwks_url": "file:///etc/passwd"}])
def test_an_issuer_has_one_safe_way_to_its_keys(fields: dict[str, Any]) -> None:
    with pytest.raises(AntalyaError, match="bad_setting"):
        Issuers([authority(**fields)], Path("/"))


@pytest.mark.parametrize("key", [TEST_KEY, OLD_TEST_KEY])
def test_a_key_published_for_tests_is_none_unless_asked_for(tmp_path: Path, key: str) -> None:
    (tmp_path / "test.pem").write_text(key)
    with pytest.raises(AntalyaError, match="published for tests"):
        issuer_keys(tmp_path / "test.pem")
    assert len(issuer_keys(tmp_path / "test.pem", test_keys=True).keys) == 1


def test_a_key_published_for_tests_opens_only_where_asked_for(door: Door, key_server: Callable[..., KeyServer], tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_for("RS256")
    monkeypatch.setattr(key_files, "_TEST_KEYS", {key.thumbprint()})
    setting = authority(jwks_url=key_server(key).url)
    trust(door, setting)
    assert status(door, token(door, key, "RS256")) == 401
    trust(door, setting, test_keys=True)
    assert status(door, token(door, key, "RS256")) == 404


def test_an_exchange_does_not_start_with_a_key_published_for_tests(tmp_path: Path) -> None:
    typed("init", tmp_path / "exchange")
    (tmp_path / "exchange" / "test.pem").write_text(OLD_TEST_KEY)
    with (tmp_path / "exchange" / "antalya.toml").open("a") as settings:
        settings.write('\n[[issuers]]\nname = "dummy"\nkeys_file = "test.pem"\n')
    refused = typed("serve", "--dir", tmp_path / "exchange", "--port", 0, code=None)
    assert refused.exit_code != 0
    assert "--insecure-test-keys" in refused.stderr


def test_the_guide_s_settings_are_settings() -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/drone-operators.md").read_text(encoding="utf-8")
    lines = [line.removeprefix("    ") for line in guide.splitlines() if line.startswith("    ")]
    found = msgspec.convert(tomllib.loads("\n".join(lines))["issuers"], list[IssuerSetting])
    assert (found[0].brings_parties, found[0].max_life_s) == (True, 3_600)
    Issuers([msgspec.structs.replace(found[0], jwks_url="http://127.0.0.1:9/none")], Path("/"))
