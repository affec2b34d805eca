"""Key files: the exchange's two keys (tokens, log), parties' signing keys, and the keys of issuers it trusts."""

import os
import stat
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey, import_key
from msgspec import ValidationError, convert

from antalya.model.errors import AntalyaError, error
from antalya.wire.decode import decode
from antalya.wire.notice import public_key
from antalya.wire.tokens import NAMELESS

ISSUER, LOG = "issuer.pem", "log.pem"
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_LEAST_RSA_BITS = 2_048
_TEST_KEYS = frozenset({
    "XwoLsYbouz5HdpahBXr1PP7Zd0fzO_l2Up7eiNgB8W8", "hqVZMjqG9qRYbFAGQX9dNMhaGWBs1yX90_w6dbX6YQk",  # build/test-certs/auth2
    "IH1MWu71IbQ7vBA5NmJQeEIPYopc2Y-kOIU6STwAwnI",  # the same of a fork
    "yWFUQ8Y-AoeumUO4dMHWVTsnQjH8hleEEGoZZMX9rMI",  # config/test-certs/oauth
    "rOiLgsW1ELVtnUcOs45ePKhEG8zMB7jTWsoINbrwpl0",  # cmds/token-signer/certs/auth
    "oEGt9pn6W8DhOmYlU74sOZhzBpZrzfOmXg2ixDawZqQ",  # build/test-certs/messagesigning/mock_faa_priv
})
"""Keys (RFC 7638 thumbprints) whose private half is or was published for tests in interuss/dss."""
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class KeyRing:
    """The exchange's own keys: `issuer` signs tokens, `log` signs checkpoints."""

    issuer: Ed25519PrivateKey
    log: Ed25519PrivateKey

    def issuer_public(self) -> KeySet:
        """The issuer's public key as a JWK set."""
        known = public_key(self.issuer)
        return KeySet([import_key({"kty": "OKP", "crv": "Ed25519", "x": known.x, "kid": known.kid})])


def create(directory: Path) -> KeyRing:
    """Makes both keys in a directory (0700), each readable by its owner only. Raises bad_setting where a key is already, or
    the directory can't be made; then no key is left behind."""
    for name in (ISSUER, LOG):
        if (directory / name).exists():
            raise error("bad_setting", f"there is a key already: {directory / name}")
    ring = KeyRing(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        raise error("bad_setting", f"{directory}: {failure.strerror}") from None
    write_key(directory / ISSUER, ring.issuer)
    try:
        write_key(directory / LOG, ring.log)
    except AntalyaError:
        (directory / ISSUER).unlink()
        raise
    return ring


def load(directory: Path) -> KeyRing:
    """The keys of an exchange. Raises bad_setting."""
    return KeyRing(party_key(directory / ISSUER), party_key(directory / LOG))


def write_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Writes a private key (PEM, PKCS 8) with mode 0600, whole or not at all; never over a file. Raises bad_setting."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        number, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600, a name of its own
        try:
            with os.fdopen(number, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)  # fails where a file is
        finally:
            os.unlink(part)
        _sync(path.parent)
    except FileExistsError:
        raise error("bad_setting", f"there is a file already: {path}") from None
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None


def _sync(directory: Path) -> None:
    """Puts a directory's new names on the disk."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def party_key(path: Path) -> Ed25519PrivateKey:
    """An Ed25519 private key from a PEM file that only its owner can read. Raises bad_setting."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(_MOST_BYTES)
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise error("bad_setting", f"others can read {path}: chmod 600 it")
    try:
        key = load_pem_private_key(raw, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise error("bad_setting", f"{path} is not an unencrypted PEM key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise error("bad_setting", f"{path} is not an Ed25519 key")
    return key


def issuer_keys(path: Path, *, test_keys: bool = False) -> KeySet:
    """Public keys of an issuer, from a PEM file or a JWK set; see `keys_of`. Raises bad_setting."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES)
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None
    return keys_of(raw, str(path), test_keys=test_keys)


def keys_of(raw: bytes, where: str, *, test_keys: bool = False) -> KeySet:
    """Public keys in a PEM file or a JWK set.

    A key without a name (`kid`) is called NAMELESS. Private halves are dropped. Keys that no token can be verified with
    (encryption, symmetric, curves other than Ed25519 and P-256, RSA below 2048 bits) are left out. Keys whose private half is
    published for tests are refused, unless `test_keys`. Raises bad_setting; also where no key is left.
    """
    try:
        if raw.lstrip().startswith(b"{"):
            found = decode(raw, dict[str, Any])
            keys = [_public_jwk(key, test_keys) for key in convert(found.get("keys", [found]), list[dict[str, Any]])]
        else:
            keys = [_public_pem(raw, test_keys)]
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm, ValidationError):
        raise error("bad_setting", f"{where} is neither a PEM public key nor a JWK set") from None
    except AntalyaError as failure:
        if failure.code.name == "bad_setting":
            raise
        raise error("bad_setting", f"{where} is neither a PEM public key nor a JWK set") from None
    usable = [key for key in keys if key is not None]
    if not usable:
        raise error("bad_setting", f"{where} has no public key of Ed25519, P-256 or RSA with 2048 bits that is for signatures")
    return KeySet(usable)


def _public_jwk(given: dict[str, Any], test_keys: bool) -> Any:
    """A JWK's public half; None where tokens can't be verified with it. Raises bad_setting for a test key."""
    fits = {"OKP": ("Ed25519",), "EC": ("P-256",), "RSA": (None,)}
    if given.get("use", "sig") != "sig" or given.get("crv") not in fits.get(str(given.get("kty")), ()):
        return None
    with warnings.catch_warnings():  # short RSA keys: said by the caller, in its words
        warnings.simplefilter("ignore", SecurityWarning)
        key = import_key({"kid": NAMELESS} | {name: value for name, value in given.items() if name not in _PRIVATE})
    if key.thumbprint() in _TEST_KEYS:
        if not test_keys:
            raise error("bad_setting", "that key's private half is published for tests: anybody can make tokens with it. "
                                       "`antalya serve --insecure-test-keys` takes it all the same")
        return key
    return None if isinstance(key, RSAKey) and key.raw_value.key_size < _LEAST_RSA_BITS else key


def _public_pem(raw: bytes, test_keys: bool) -> Any:
    """A PEM key, or the public half of one, as a JWK; None where tokens can't be verified with it."""
    key = load_pem_private_key(raw, None).public_key() if b"PRIVATE" in raw else load_pem_public_key(raw)
    kind: dict[type, Any] = {Ed25519PublicKey: OKPKey, RSAPublicKey: RSAKey, EllipticCurvePublicKey: ECKey}
    jwk = next((jwk for of, jwk in kind.items() if isinstance(key, of)), None)
    if jwk is None:
        return None
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return _public_jwk(jwk.import_key(pem).as_dict(private=False), test_keys)
