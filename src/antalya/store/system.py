"""The machine's clock, ids and randomness, as the ports want them."""

import secrets
from datetime import UTC, datetime

import uuid_utils


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def ids() -> str:
    """A new UUIDv7: sorts by the time it was made."""
    return str(uuid_utils.uuid7())


def salts() -> bytes:
    """16 random bytes, for a leaf's commitment."""
    return secrets.token_bytes(16)
