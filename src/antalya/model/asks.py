"""Asks and answers: how a finding is settled. No answer is never a yes."""

from typing import Annotated, Literal

from msgspec import Meta

from antalya.model.base import Id, Instant, Noun, Text, check_texts, set_utc
from antalya.model.errors import error

AskKind = Literal["consent", "acknowledgement", "conditions"]
"""`conditions`: the operation's own party accepts the conditions under which a consent was granted."""

AskState = Literal["open", "granted", "granted-with-conditions", "refused", "withdrawn", "expired", "closed"]
"""`withdrawn`: a consent taken back. `expired`: the deadline passed without an answer, or a consent ran out.
`closed`: the finding went away, nothing is asked any more."""

Decision = Literal["grant", "grant-with-conditions", "refuse", "withdraw"]


class Ask(Noun, frozen=True, kw_only=True):
    """A question to a party (`of`) about an operation, because of a finding. `subject_sha256` binds a yes to what was
    asked about: the operation's movement, and the other's for a clash, else what it meets (a site, an area) and where; if
    that changes, it is asked again."""

    id: Id
    kind: AskKind
    finding: Id
    operation: Id
    of: Id
    text: str
    asked_at: Instant
    deadline: Instant
    subject_sha256: str
    state: AskState = "open"
    valid_until: Instant | None = None
    conditions: tuple[Text, ...] = ()
    about: Id | None = None

    def __post_init__(self) -> None:
        set_utc(self, "asked_at", "deadline", "valid_until")


class Answer(Noun, frozen=True, kw_only=True):
    """A party's answer to an ask. `valid_until` bounds a yes; `conditions` go with `grant-with-conditions` only."""

    id: Id
    ask: Id
    party: Id
    decision: Decision
    conditions: Annotated[tuple[Text, ...], Meta(max_length=20)] = ()
    valid_until: Instant | None = None
    note: Text = ""
    at: Instant | None = None

    def __post_init__(self) -> None:
        check_texts(self, "id", "note", "conditions")
        set_utc(self, "valid_until", "at")
        if (self.decision == "grant-with-conditions") != bool(self.conditions):
            raise error("bad_field", "conditions go with grant-with-conditions, and only with it", at="conditions")
