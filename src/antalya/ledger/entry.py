"""What a leaf says: that something happened, when and by whom, with a commitment to its content instead of the content."""

import hashlib
import hmac
from typing import Annotated, Literal

from msgspec import Meta

from antalya.model.base import Instant, Noun, set_utc

SALT_BYTES = 16


class Entry(Noun, frozen=True, kw_only=True):
    """A leaf's data, in RFC 8785 form. `actor` did it, `subject` is what it was done to (ids only); `content_sha256` commits
    to what was sent or decided, salted, so that nobody can guess it; `signed` names the key of a signed filing;
    `code` is the error of a refusal."""

    v: Literal[1] = 1
    kind: Annotated[str, Meta(max_length=64)]
    at: Instant
    actor: Annotated[str, Meta(max_length=128)]
    subject: Annotated[str, Meta(max_length=128)]
    version: int = 1
    content_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    signed: str | None = None
    outcome: Literal["accepted", "refused"] = "accepted"
    code: str | None = None

    def __post_init__(self) -> None:
        set_utc(self, "at")


def commitment(salt: bytes, content: bytes) -> str:
    """SHA-256(salt ‖ content), hex. The salt (16 random bytes) keeps small contents from being guessed; its length is fixed, so
    that nothing of the salt can be passed off as content, or the other way round.

    Raises ValueError for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(salt + content).hexdigest()


def opens(entry: Entry, salt: bytes, content: bytes) -> bool:
    """Whether salt and content are what an entry commits to."""
    return len(salt) == SALT_BYTES and hmac.compare_digest(commitment(salt, content), entry.content_sha256)
