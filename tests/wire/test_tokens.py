"""wire.tokens: a token is good for its party, its exchange and its time, if an issuer that is trusted made it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from tests.jose import Sign, compact, key, public_forms, with_hmac

from antalya.model.errors import AntalyaError
from antalya.wire.notice import parts, private_jwk, public_key, sign
from antalya.wire.tokens import SCOPES, Caller, Issuer, mint, verify

NOW = datetime(2017, 3, 7, 6, tzinfo=UTC)
AT = int(NOW.timestamp())
MINE, OTHER = key(1), key(2)


def public_jwk(private: Any) -> OKPKey:
    known = public_key(private)
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": known.x, "kid": known.kid})


ISSUER = Issuer("antalya.test", KeySet([public_jwk(MINE)]), scopes=("antalya.read", "antalya.file"), max_life_s=86_400)
ELSEWHERE = Issuer("elsewhere.test", KeySet([public_jwk(OTHER)]), audiences=("exchange-7",))
BOTH = (ISSUER, ELSEWHERE)
TOKEN = mint("antalya.test", MINE, "TR", ["antalya.read", "antalya.file"], "hub", NOW, 3_600)


def claims(**fields: Any) -> dict[str, Any]:
    made = {"iss": "antalya.test", "sub": "TR", "aud": "hub", "iat": AT, "exp": AT + 3_600, "scope": "antalya.read"} | fields
    return {name: value for name, value in made.items() if value is not None}


def header(**fields: Any) -> dict[str, Any]:
    made = {"alg": "EdDSA", "typ": "JWT", "kid": public_key(MINE).kid} | fields
    return {name: value for name, value in made.items() if value is not None}


def token(sign: Sign = MINE.sign, head: dict[str, Any] | None = None, **fields: Any) -> str:
    return compact(header() if head is None else head, claims(**fields), sign).decode()


def refused(text: str, *, now: datetime = NOW, issuers: tuple[Issuer, ...] = BOTH, audience: str = "hub") -> str:
    with pytest.raises(AntalyaError) as wrong:
        verify(text, issuers, audience, now)
    assert wrong.value.code.name == "bad_token"
    assert len(text) < 10 or text not in wrong.value.detail
    return wrong.value.detail


def test_what_was_minted_is_verified() -> None:
    caller = verify(TOKEN, BOTH, "hub", NOW)
    assert caller == Caller("TR", frozenset({"antalya.read", "antalya.file"}), "antalya.test", NOW + timedelta(hours=1),
                            caller.token_id)
    assert len(caller.token_id) == 36
    assert mint("antalya.test", MINE, "RU", ["antalya.read"], "hub", NOW, 3_600) != TOKEN
    assert verify(mint("antalya.test", MINE, "TR", [], "hub", NOW, 60, "t-1"), BOTH, "hub", NOW).token_id == "t-1"


def test_an_issuer_gives_only_the_scopes_it_may() -> None:
    everything = mint("antalya.test", MINE, "TR", [*SCOPES, "root"], "hub", NOW, 60)
    assert verify(everything, BOTH, "hub", NOW).scopes == {"antalya.read", "antalya.file"}
    assert verify(everything, (replace(ISSUER, scopes=SCOPES),), "hub", NOW).scopes == set(SCOPES)
    assert verify(token(scope=None), BOTH, "hub", NOW).scopes == frozenset()


@pytest.mark.parametrize(("offset_s", "wrong"), [
    (0, None), (-5, None), (-6, "it is not valid yet"), (3_604, None), (3_605, "it has expired"), (10**8, "it has expired")])
def test_a_token_has_its_time(offset_s: int, wrong: str | None) -> None:
    at = NOW + timedelta(seconds=offset_s)
    assert (verify(TOKEN, BOTH, "hub", at).party if wrong is None else refused(TOKEN, now=at)) == (wrong or "TR")


@pytest.mark.parametrize(("fields", "wrong"), [
    ({"nbf": AT + 6}, "not valid yet"), ({"iat": AT + 6}, "not valid yet"), ({"exp": AT - 5}, "expired"),
    ({"exp": -1}, "expired"), ({"exp": AT + 86_401}, "lives longer than the 86400 s"), ({"exp": 1e300}, "lives longer"),
    ({"iat": -1e300}, "lives longer"), ({"iat": AT - 86_000}, "lives longer"), ({"aud": "another"}, "another audience"),
    ({"aud": []}, "another audience"),
    ({"aud": ["a", "b"]}, "another audience"), ({"aud": "exchange-7"}, "another audience"), ({"aud": "hu"}, "another audience"),
    ({"exp": None}, "claim exp"), ({"iat": None, "exp": AT + 86_401}, "lives longer"), ({"iat": "now"}, "claim iat"), ({"aud": None}, "claim aud"), ({"sub": None}, "claim sub"),
    ({"sub": ""}, "claim sub"), ({"sub": "x" * 129}, "claim sub"), ({"sub": 7}, "claim sub"), ({"sub": "T\u202eR"}, "claim sub"),
    ({"exp": str(AT + 60)}, "claim exp"), ({"exp": True}, "claim exp"), ({"exp": 10**400}, "claim exp"),
    ({"aud": {"hub": 1}}, "claim aud"),
    ({"scope": ["antalya.operate"]}, "claim scope"), ({"exp": float("nan")}, "not a JWT"), ({"exp": float("inf")}, "not a JWT"),
    ({"iss": "someone.test"}, "no issuer of that name"), ({"iss": None}, "not a JWT"), ({"iss": ["antalya.test"]}, "not a JWT")])
def test_claims_that_are_refused(fields: dict[str, Any], wrong: str) -> None:
    assert wrong in refused(token(**fields))


def test_a_token_may_be_made_out_to_several_or_to_the_issuer_s_name_for_this_exchange() -> None:
    assert verify(token(aud=["another", "hub"]), BOTH, "hub", NOW).party == "TR"
    assert verify(mint("elsewhere.test", OTHER, "US", [], "exchange-7", NOW, 60), BOTH, "hub", NOW).issuer == "elsewhere.test"


def test_a_token_need_not_say_when_it_was_issued() -> None:
    assert verify(token(iat=None, exp=AT + 86_400), BOTH, "hub", NOW).party == "TR"


def test_one_issuer_can_t_speak_for_another() -> None:
    assert "does not verify" in refused(mint("antalya.test", OTHER, "TR", ["antalya.file"], "hub", NOW, 60))
    assert "does not verify" in refused(token(OTHER.sign, header(kid=public_key(OTHER).kid)))
    assert "does not verify" in refused(token(MINE.sign, header(kid="unknown")))
    assert "no issuer" in refused(TOKEN, issuers=(ELSEWHERE,))
    assert "no issuer" in refused(TOKEN, issuers=())


@pytest.mark.parametrize("alg", ["none", "None", "", "HS256", "HS512", "RS512", "PS256", "ES512", "Ed448", "eddsa"])
def test_no_other_algorithm_is_taken(alg: str) -> None:
    for signer in (lambda _: b"", MINE.sign, *map(with_hmac, public_forms(MINE))):
        assert refused(token(signer, header(alg=alg))) == "its algorithm is not one of this issuer's"


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "RS256", "ES256"])
def test_no_other_algorithm_hides_under_its_name(alg: str) -> None:
    for signer in (lambda _: b"", OTHER.sign, *map(with_hmac, public_forms(MINE))):
        assert "does not verify" in refused(token(signer, header(alg=alg)))


def test_algorithms_are_taken_as_each_issuer_has_them() -> None:
    rsa, ec = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    keys = KeySet([OKPKey.import_key(public_jwk(MINE).as_dict()), RSAKey.import_key(rsa.as_dict(private=False) | {"kid": "r"}),
                   ECKey.import_key(ec.as_dict(private=False) | {"kid": "e"})])
    issuer = Issuer("antalya.test", keys)
    made = {alg: jwt.encode({"alg": alg, "kid": kid}, claims(), private, algorithms=[alg])
            for alg, kid, private in (("RS256", "r", rsa), ("ES256", "e", ec),
                                      ("Ed25519", public_key(MINE).kid, private_jwk(MINE)))}
    for alg, text in made.items():
        assert verify(text, (issuer,), "hub", NOW).party == "TR"
        without = replace(issuer, algorithms=tuple(a for a in issuer.algorithms if a != alg))
        assert "algorithm" in refused(text, issuers=(without,))
    _, payload, signature = parts(made["RS256"].encode())
    swapped = compact(header(kid="e", alg="RS256"), payload, lambda _: signature)  # an RSA signature under the EC key's name
    assert "does not verify" in refused(swapped.decode(), issuers=(issuer,))


@pytest.mark.parametrize("extra", [{"crit": ["b64"], "b64": False}, {"b64": False}, {"b64": True}, {"crit": ["exp"]},
                                   {"crit": []}, {"typ": "antalya-notice+jws"}, {"typ": "logout+jwt"}])
def test_headers_that_are_not_a_token_s(extra: dict[str, Any]) -> None:
    assert refused(token(MINE.sign, header(**extra))) == "its header is not an access token's"


@pytest.mark.parametrize("extra", [{"typ": None}, {"typ": "at+jwt"}, {"kid": None}, {"x5t": "abc"}, {"nonce": "abc"}])
def test_headers_that_other_issuers_send(extra: dict[str, Any]) -> None:
    assert verify(token(MINE.sign, header(**extra)), BOTH, "hub", NOW).party == "TR"


def test_an_embedded_key_is_never_used() -> None:
    for extra in ({"jwk": public_jwk(OTHER).as_dict()}, {"jku": "https://evil.test/keys"}, {"x5c": ["AAAA"]}):
        assert "does not verify" in refused(token(OTHER.sign, header(**extra)))


def test_a_key_that_stands_twice_is_refused() -> None:
    twice = json.dumps(claims())[:-1].encode() + b', "sub": "RU"}'
    assert refused(compact(header(), twice, MINE.sign).decode()) == "it is not a JWT"
    head = json.dumps(header())[:-1].encode() + b', "alg": "none"}'
    assert refused(compact(head, claims(), MINE.sign).decode()) == "it is not a JWT"


def test_a_notice_is_no_token() -> None:
    made = sign(json.dumps(claims()).encode(), MINE, "POST /v1/operations", NOW).decode()
    assert refused(made) == "its header is not an access token's"


@pytest.mark.parametrize("text", [
    "", ".", "..", "a.b.c", TOKEN + "=", TOKEN + "\n", " " + TOKEN, TOKEN + ".", TOKEN + "AA", TOKEN.rpartition(".")[0],
    TOKEN * 2, TOKEN.rpartition(".")[0] + ".", TOKEN.replace(".", ". "), "é" + TOKEN, "\ud800", "x" * 10_000, "e30.e30.e30",
    "bnVsbA.bnVsbA.", "W10.W10.W10"], ids=lambda t: repr(t[:12]))
def test_what_is_no_token(text: str) -> None:
    assert refused(text)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCXYZabcxyz0123456789-_=+/. "))
@settings(deadline=None)
def test_any_other_character_is_noticed(at: int, character: str) -> None:
    altered = TOKEN[:at] + character + TOKEN[at + 1:]
    if altered != TOKEN:
        assert refused(altered)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_refused(text: str) -> None:
    assert refused(text)


@given(st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "scope", "jti"]),
                       st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())))
@settings(deadline=None)
def test_any_signed_claims_are_taken_or_refused_with_the_code(fields: dict[str, Any]) -> None:
    text = compact(header(), claims(iss="antalya.test") | fields, MINE.sign).decode()
    try:
        caller = verify(text, BOTH, "hub", NOW)
    except AntalyaError as failure:
        wrong = failure.code.name
    else:
        wrong = None
        assert caller.expires_at > NOW - timedelta(seconds=5)
    assert wrong in (None, "bad_token")
