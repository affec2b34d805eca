"""wire.notice: a notice is taken from its signer, for its purpose, in its time, in one form; everything else is refused."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey
from tests.jose import Sign, compact, key, public_forms, with_hmac

from antalya.model.errors import AntalyaError
from antalya.wire.canonical import canonical
from antalya.wire.notice import TYP, Verified, b64, parts, private_jwk, public_key, sign, verify

NOW = datetime(2017, 3, 7, 6, tzinfo=UTC)
ACT = "POST /v1/operations"
PAYLOAD = canonical({"id": "a", "party": "TR", "upper_m": 1e3})
MINE, OTHER = key(1), key(2)
KNOWN = {public_key(MINE).kid: public_key(MINE).x}
NOTICE = sign(PAYLOAD, MINE, ACT, NOW)
RFC8037 = json.loads((Path(__file__).parents[1] / "vectors" / "rfc8037.json").read_text(encoding="utf-8"))


def header(**fields: Any) -> dict[str, Any]:
    made = {"alg": "EdDSA", "typ": TYP, "kid": public_key(MINE).kid, "act": ACT, "iat": int(NOW.timestamp())} | fields
    return {name: value for name, value in made.items() if value is not None}


def refused(notice: bytes, *, act: str = ACT, now: datetime = NOW) -> str:
    with pytest.raises(AntalyaError) as wrong:
        verify(notice, KNOWN, act, now)
    assert wrong.value.code.name == "bad_signature"
    return wrong.value.detail


def test_what_was_signed_is_verified() -> None:
    assert verify(NOTICE, KNOWN, ACT, NOW) == Verified(PAYLOAD, public_key(MINE).kid, int(NOW.timestamp()))
    assert json.loads(parts(NOTICE)[0]) == header(alg="Ed25519")


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_both_names_of_the_algorithm_are_read(alg: str) -> None:
    assert verify(compact(header(alg=alg), PAYLOAD, MINE.sign), KNOWN, ACT, NOW).payload == PAYLOAD


def test_keys_are_named_as_the_standard_does() -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(RFC8037["jwk"]["d"] + "="))
    assert public_key(private).x == RFC8037["jwk"]["x"]
    assert public_key(private).kid == RFC8037["thumbprint"]
    made = compact(RFC8037["header"].encode(), RFC8037["payload"].encode(), private.sign)
    assert made.decode() == RFC8037["compact"]
    assert jws.deserialize_compact(NOTICE, private_jwk(MINE), registry=jws.JWSRegistry(
        algorithms=["Ed25519"], strict_check_header=False)).payload == PAYLOAD


def test_a_filing_of_a_megabyte_can_be_signed() -> None:
    large = canonical({"note": ["x" * 500] * 2_000})
    assert verify(sign(large, MINE, ACT, NOW), KNOWN, ACT, NOW).payload == large


@pytest.mark.parametrize(("offset_s", "fits"), [
    (0, True), (300, True), (301, False), (-300, True), (-301, False), (10**9, False)])
def test_a_notice_is_good_for_five_minutes(offset_s: int, fits: bool) -> None:
    at = NOW + timedelta(seconds=offset_s)
    if fits:
        assert verify(NOTICE, KNOWN, ACT, at).payload == PAYLOAD
    else:
        assert "within 300 s" in refused(NOTICE, now=at)


def test_another_purpose_another_key_or_no_key_are_told_apart() -> None:
    assert refused(NOTICE, act="PUT /v1/operations/a") == "it was signed for another purpose"
    assert "kid" in refused(sign(PAYLOAD, OTHER, ACT, NOW))
    stolen = compact(header(), PAYLOAD, OTHER.sign)  # the other's signature under my kid
    assert refused(stolen) == "the signature does not verify"
    with pytest.raises(AntalyaError, match="kid"):
        verify(NOTICE, {}, ACT, NOW)
    with pytest.raises(AntalyaError, match="does not verify"):
        verify(NOTICE, {public_key(MINE).kid: "not a key"}, ACT, NOW)


def nothing(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(("alg", "signer"), [
    ("none", nothing), ("None", nothing), ("NONE", MINE.sign), ("", MINE.sign), ("RS256", MINE.sign), ("ES256", MINE.sign),
    ("Ed448", MINE.sign), ("eddsa", MINE.sign), *(("HS256", with_hmac(secret)) for secret in public_forms(MINE))])
def test_no_other_algorithm_is_taken(alg: str, signer: Sign) -> None:
    assert "alg EdDSA" in refused(compact(header(alg=alg), PAYLOAD, signer))


@pytest.mark.parametrize("signer", [nothing, *(with_hmac(secret) for secret in public_forms(MINE))])
def test_no_other_algorithm_hides_under_its_name(signer: Sign) -> None:
    assert refused(compact(header(), PAYLOAD, signer)) == "the signature does not verify"


@pytest.mark.parametrize("extra", [
    {"crit": ["b64"], "b64": False}, {"b64": False}, {"crit": ["exp"], "exp": 1}, {"crit": []}, {"cty": "JWT"}, {"zip": "DEF"},
    {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public_key(OTHER).x}}, {"jku": "https://evil.test/keys"}, {"x5u": "a"},
    {"typ": "JWT"}, {"typ": None}, {"kid": None}, {"act": None}, {"iat": None}, {"iat": "1488866400"}, {"iat": True},
    {"iat": 1488866400.5}, {"iat": 10**400}, {"kid": ["a"]}, {"kid": 7}, {"act": {"a": 1}}, {"alg": None}, {"alg": ["EdDSA"]}])
def test_headers_that_are_not_a_notice_s(extra: dict[str, Any]) -> None:
    for signer in (MINE.sign, OTHER.sign):
        assert refused(compact(header(**extra), PAYLOAD, signer))


def test_an_embedded_key_or_unencoded_payload_is_named_in_the_refusal() -> None:
    assert "jwk" in refused(compact(header(jwk={"x": "y"}), PAYLOAD, OTHER.sign))
    raw = header(crit=["b64"], b64=False)
    first = b64(json.dumps(raw).encode()).encode()
    assert refused(first + b"." + PAYLOAD + b"." + b64(MINE.sign(first + b"." + PAYLOAD)).encode())


def test_a_key_that_stands_twice_is_refused_in_header_and_payload() -> None:
    twice = json.dumps(header())[:-1].encode() + b', "act": "DELETE /v1/operations/a"}'
    assert "stands twice" in refused(compact(twice, PAYLOAD, MINE.sign), act="DELETE /v1/operations/a")
    assert "canonical" in refused(compact(header(), b'{"a":1,"a":2}', MINE.sign))


@pytest.mark.parametrize("payload", [
    b"", b"{", b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b'{"a":1e0}', b'{"a":"\\u0061"}', b'{"a":1}\n', b'{"a":NaN}', b"\xff",
    b'{"a":-0}', b'"\\ud800"', b'{"a":9007199254740993}', b'{"a":1e400}', b"[" * 100_000, b"\xef\xbb\xbf{}",
    json.dumps({"a": "é"}).encode()], ids=lambda p: repr(p[:20]))
def test_a_payload_has_one_form_only(payload: bytes) -> None:
    assert "canonical" in refused(compact(header(), payload, MINE.sign))


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"null", b'{"a":9007199254740992}', b'{"a":1e+22}', '{"a":"é"}'.encode()])
def test_canonical_payloads_are_taken_whatever_they_say(payload: bytes) -> None:
    assert verify(sign(payload, MINE, ACT, NOW), KNOWN, ACT, NOW).payload == payload


@pytest.mark.parametrize("notice", [
    b"", b".", b"..", b"...", b"a.b.c", NOTICE + b"\n", b" " + NOTICE, NOTICE + b"=", NOTICE + b".", NOTICE + b"AA",
    NOTICE + b"\x00", NOTICE.replace(b".", b"..", 1), NOTICE.rpartition(b".")[0] + b".", NOTICE.rpartition(b".")[0], NOTICE * 2,
    NOTICE[:-1], NOTICE.replace(b".", b"\n."), NOTICE.decode().encode("utf-16"),
    json.dumps({"payload": "e30", "signatures": []}).encode(), PAYLOAD,
    b"\xff.\xff.\xff", b"e30.e30.e30", b"W10.e30.e30", b"bnVsbA.e30.e30"], ids=lambda n: repr(n[:12]))
def test_what_is_no_notice(notice: bytes) -> None:
    assert refused(notice)


@given(st.integers(0, len(NOTICE) * 8 - 1))
@settings(deadline=None)
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    altered = bytearray(NOTICE)
    altered[bit // 8] ^= 1 << bit % 8
    assert refused(bytes(altered))


@given(st.integers(0, len(NOTICE) - 1), st.sampled_from(b"ABCXYZabcxyz0123456789-_=+/."))
@settings(deadline=None)
def test_any_other_character_is_noticed(at: int, character: int) -> None:
    altered = bytearray(NOTICE)
    altered[at] = character
    if bytes(altered) != NOTICE:
        assert refused(bytes(altered))


@given(st.lists(st.text("AQgw09-_+/=! \n", max_size=9), min_size=3, max_size=3), st.lists(st.binary(), min_size=3, max_size=3))
@settings(deadline=None)
def test_there_is_one_way_to_write_each_part(texts: list[str], raws: list[bytes]) -> None:
    assert list(parts(".".join(map(b64, raws)).encode())) == raws
    with suppress(ValueError):
        assert list(map(b64, parts(".".join(texts).encode()))) == texts


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_refused(raw: bytes) -> None:
    assert refused(raw)


def test_parts_of_two_notices_do_not_fit() -> None:
    other = sign(canonical({"id": "b"}), MINE, ACT, NOW + timedelta(seconds=1))
    mixed = [NOTICE.split(b"."), other.split(b".")]
    for choice in ((0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        assert refused(b".".join(mixed[which][part] for part, which in enumerate(choice))) == "the signature does not verify"


def test_the_private_half_stays_private() -> None:
    assert private_jwk(MINE).as_dict(private=False) == OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": public_key(MINE).x}).as_dict()
    assert b64(MINE.private_bytes_raw()).encode() not in NOTICE
