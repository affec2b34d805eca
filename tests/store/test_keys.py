"""store.keys: keys are made once, whole, for their owner only; what is not a key, or not a safe one, is refused clearly."""

import itertools
import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.jose import key

from antalya.model.errors import AntalyaError
from antalya.store import keys
from antalya.wire.notice import private_jwk, public_key
from antalya.wire.tokens import Issuer, verify

NOW = datetime(2017, 3, 7, 6, tzinfo=UTC)
RSA_2048 = rsa.generate_private_key(65_537, 2_048)
RSA_1024 = rsa.generate_private_key(65_537, 1_024)
P256 = ec.generate_private_key(ec.SECP256R1())


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(AntalyaError) as wrong:
        call(*args)
    assert wrong.value.code.name == "bad_setting"
    return wrong.value.detail


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def private_pem(private: Any, encryption: Any = NoEncryption()) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def public_pem(private: Any) -> bytes:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def written(path: Path, raw: bytes | str, bits: int = 0o600) -> Path:
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    path.chmod(bits)
    return path


def test_keys_are_made_once_and_read_back(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "keys"
    made = keys.create(directory)
    again = keys.load(directory)
    assert public_key(again.issuer) == public_key(made.issuer)
    assert public_key(again.log) == public_key(made.log) != public_key(made.issuer)
    assert (mode(directory), mode(directory / keys.ISSUER), mode(directory / keys.LOG)) == (0o700, 0o600, 0o600)
    assert sorted(p.name for p in directory.iterdir()) == ["issuer.pem", "log.pem"]
    assert [k.as_dict() for k in made.issuer_public().keys] == [
        {"kty": "OKP", "crv": "Ed25519", "x": public_key(made.issuer).x, "kid": public_key(made.issuer).kid}]


def test_a_loose_umask_opens_nothing(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.create(tmp_path / "keys")
    finally:
        os.umask(before)
    assert {mode(p) for p in (tmp_path / "keys").iterdir()} == {0o600}


@pytest.mark.parametrize("name", [keys.ISSUER, keys.LOG])
def test_nothing_is_overwritten_and_nothing_else_is_left(tmp_path: Path, name: str) -> None:
    kept = written(tmp_path / name, b"mine")
    assert "already" in refused(keys.create, tmp_path)
    assert kept.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [kept]
    assert "already" in refused(keys.write_key, kept, key(1))
    assert list(tmp_path.iterdir()) == [kept]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / keys.LOG).symlink_to(tmp_path / "elsewhere")
    assert "already" in refused(keys.create, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [keys.LOG]


def test_of_many_makers_one_wins(tmp_path: Path) -> None:
    path, outcomes, start = tmp_path / "party.pem", [], threading.Barrier(8)

    def make(seed: int) -> None:
        start.wait()
        try:
            keys.write_key(path, key(seed))
            outcomes.append(seed)
        except AntalyaError:
            outcomes.append(None)

    threads = [threading.Thread(target=make, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [seed for seed in outcomes if seed is not None]
    assert public_key(keys.party_key(path)) == public_key(key(winner))
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_can_t_be_written(tmp_path: Path) -> None:
    file = written(tmp_path / "file", b"")
    assert str(file) in refused(keys.create, file / "keys")
    assert "No such file" in refused(keys.write_key, tmp_path / "none" / "a.pem", key(1))


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o644, 0o777, 0o601])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, bits: int) -> None:
    path = written(tmp_path / "party.pem", private_pem(key(1)), bits)
    assert refused(keys.party_key, path) == f"others can read {path}: chmod 600 it"
    path.chmod(0o400)
    assert public_key(keys.party_key(path)) == public_key(key(1))


@pytest.mark.parametrize(("raw", "wrong"), [
    (b"", "not an unencrypted PEM key"), (b"\xff\x00", "not an unencrypted PEM key"), ("hello", "not an unencrypted PEM key"),
    (public_pem(key(1)), "not an unencrypted PEM key"), (private_pem(key(1))[:60], "not an unencrypted PEM key"),
    (private_pem(key(1), BestAvailableEncryption(b"secret")), "not an unencrypted PEM key"),
    (private_pem(RSA_2048), "not an Ed25519 key"), (private_pem(P256), "not an Ed25519 key"),
    (private_pem(x25519.X25519PrivateKey.generate()), "not an Ed25519 key"),
    (private_pem(ed448.Ed448PrivateKey.generate()), "not an Ed25519 key")], ids=itertools.count())
def test_files_that_hold_no_signing_key(tmp_path: Path, raw: bytes | str, wrong: str) -> None:
    assert wrong in refused(keys.party_key, written(tmp_path / "party.pem", raw))


def test_a_missing_key_says_which(tmp_path: Path) -> None:
    keys.create(tmp_path)
    (tmp_path / keys.LOG).unlink()
    assert refused(keys.load, tmp_path) == f"{tmp_path / keys.LOG}: No such file or directory"
    assert "directory" in refused(keys.party_key, tmp_path)


def test_an_error_never_shows_the_key(tmp_path: Path) -> None:
    text = private_pem(key(1)).decode()
    secret = text.splitlines()[1]
    path = written(tmp_path / "party.pem", text.replace("BEGIN", "BEGUN"))
    assert secret not in refused(keys.party_key, path)
    assert secret not in refused(keys.issuer_keys, path)


def jwks(*jwk: Any) -> str:
    return json.dumps({"keys": [k if isinstance(k, dict) else k.as_dict(private=False) for k in jwk]})


ISSUERS = {
    "an Ed25519 PEM": (public_pem(key(1)), "Ed25519", private_jwk(key(1))),
    "an Ed25519 private PEM": (private_pem(key(1)), "Ed25519", private_jwk(key(1))),
    "an RSA PEM": (public_pem(RSA_2048), "RS256", RSAKey.import_key(private_pem(RSA_2048))),
    "a P-256 PEM": (public_pem(P256), "ES256", ECKey.import_key(private_pem(P256))),
    "one JWK": (json.dumps(private_jwk(key(1)).as_dict(private=False)), "EdDSA", private_jwk(key(1))),
    "a JWK set": (jwks(private_jwk(key(2)), private_jwk(key(1)), RSAKey.import_key(public_pem(RSA_2048))), "Ed25519",
                  private_jwk(key(1))),
    "a set with private halves": (json.dumps({"keys": [private_jwk(key(1)).as_dict(private=True)]}), "Ed25519",
                                   private_jwk(key(1))),
    "a set with keys of other uses": (jwks(OctKey.generate_key(256).as_dict(private=True), OKPKey.generate_key("X25519"),
                                           ECKey.generate_key("P-384"),
                                           private_jwk(key(2)).as_dict(private=False) | {"use": "enc"},
                                           private_jwk(key(1)).as_dict(private=False) | {"use": "sig"}), "Ed25519",
                                      private_jwk(key(1))),
}


@pytest.mark.parametrize("name", ISSUERS)
def test_tokens_verify_with_an_issuer_s_file(tmp_path: Path, name: str) -> None:
    text, alg, private = ISSUERS[name]
    found = keys.issuer_keys(written(tmp_path / "issuer", text, 0o644))
    assert not any(k.is_private for k in found.keys)
    assert all(k.kid in ("", k.thumbprint()) for k in found.keys)
    claims = {"iss": "i", "sub": "TR", "aud": "hub", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60}
    token = jwt.encode({"alg": alg, "kid": private.thumbprint()}, claims, private, algorithms=[alg])
    assert verify(token, [Issuer("i", found)], "hub", NOW).party == "TR"


def test_a_given_kid_is_kept(tmp_path: Path) -> None:
    text = jwks(private_jwk(key(1)).as_dict(private=False) | {"kid": "2017-03"})
    assert [k.kid for k in keys.issuer_keys(written(tmp_path / "issuer", text)).keys] == ["2017-03"]


NEITHER, NONE = "neither a PEM public key nor a JWK set", "has no public key of"


@pytest.mark.parametrize(("raw", "wrong"), [
    (b"", NEITHER), (b"\xff", NEITHER), ("hello", NEITHER), ("{", NEITHER), ("{}", NONE), ('{"keys": 3}', NEITHER),
    ("[]", NEITHER), ('{"keys": [3]}', NEITHER), ('{"keys": [null]}', NEITHER), ('{"keys": {}}', NEITHER), ('{"keys": []}', NONE),
    ('{"keys": [{}]}', NONE), ('{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}', NEITHER), ('{"keys": [], "keys": []}', NEITHER),
    ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}', NEITHER),
    ('{"keys": [{"kty": "RSA", "n": "!", "e": "!"}]}', NEITHER),
    ('{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}', NEITHER), ("{" * 100_000, NEITHER),
    (jwks(OctKey.generate_key(256).as_dict(private=True)), NONE), (jwks(ECKey.generate_key("P-521")), NONE),
    (jwks(OKPKey.generate_key("X25519")), NONE), (public_pem(x25519.X25519PrivateKey.generate()), NONE),
    (public_pem(ec.generate_private_key(ec.SECP384R1())), NONE), (public_pem(RSA_1024), NONE),
    (public_pem(dsa.generate_private_key(1_024)), NONE), (public_pem(key(1))[:50], NEITHER),
    (private_pem(key(1), BestAvailableEncryption(b"secret")), NEITHER)], ids=itertools.count())
def test_issuer_files_that_are_refused(tmp_path: Path, raw: bytes | str, wrong: str) -> None:
    assert wrong in refused(keys.issuer_keys, written(tmp_path / "issuer", raw))


def test_an_issuer_s_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused(keys.issuer_keys, tmp_path / "issuer")
    assert "directory" in refused(keys.issuer_keys, tmp_path)


members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "d", "keys"])
words = st.sampled_from(["OKP", "EC", "RSA", "oct", "Ed25519", "P-256", "AQAB", "sig", ""])
values = st.none() | st.integers() | words | st.text()


@given(st.lists(st.dictionaries(members, values | st.lists(values, max_size=2)), max_size=3))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_a_key_set_or_refused(tmp_path: Path, given_keys: list[dict[str, Any]]) -> None:
    path = written(tmp_path / "issuer", json.dumps({"keys": given_keys}))
    try:
        code = None if keys.issuer_keys(path) else ""
    except AntalyaError as failure:
        code = failure.code.name
    assert code in (None, "bad_setting")


def test_keys_are_not_shown_by_their_owner(tmp_path: Path) -> None:
    ring = keys.create(tmp_path)
    assert isinstance(ring.issuer, Ed25519PrivateKey)
    assert ring.issuer.private_bytes_raw().hex() not in repr(ring)
    assert "d" not in ring.issuer_public().as_dict(private=False)["keys"][0]
