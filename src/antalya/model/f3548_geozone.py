"""ED-269 geo zones as ASTM F3548-21 has them in the details of constraints: what a State says of a zone, besides where it is."""

from typing import Annotated, Any, Literal

from msgspec import Meta, to_builtins

from antalya.model.base import check_texts
from antalya.model.f3548 import Message

Short = Annotated[str, Meta(max_length=200)]
Reason = Literal["AIR_TRAFFIC", "SENSITIVE", "PRIVACY", "POPULATION", "NATURE", "NOISE", "FOREIGN_TERRITORY", "EMERGENCY",
                 "OTHER"]
YesNo = bool | Literal["YES", "NO"]
"""The interface's YES and NO, which in YAML are true and false."""


class Authority(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to ask, or to tell, before flying there."""

    name: Short | None = None
    service: Short | None = None
    contact_name: Short | None = None
    site_url: Short | None = None
    email: Short | None = None
    phone: Short | None = None
    purpose: Literal["AUTHORIZATION", "NOTIFICATION", "INFORMATION"] | None = None
    interval_before: str | None = None

    def __post_init__(self) -> None:
        check_texts(self, "name", "service", "contact_name", "site_url", "email", "phone", "interval_before")


class GeoZone(Message, frozen=True, kw_only=True, omit_defaults=True):
    """GeoZone. Raises bad_text."""

    country: Annotated[str, Meta(min_length=3, max_length=3)]
    identifier: Annotated[str, Meta(max_length=7)]
    name: Short | None = None
    type: Literal["COMMON", "CUSTOMIZED", "PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION"]
    restriction: str
    restriction_conditions: tuple[Annotated[str, Meta(max_length=10_000)], ...] | None = None
    reason: Annotated[tuple[Reason, ...], Meta(max_length=9)] | None = None
    other_reason_info: Annotated[str, Meta(max_length=30)] | None = None
    message: Short | None = None
    regulation_exemption: YesNo | None = None
    u_space_class: Annotated[str, Meta(max_length=100)] | None = None
    region: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    zone_authority: Annotated[tuple[Authority, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        check_texts(self, "country", "identifier", "name", "restriction", "restriction_conditions", "other_reason_info",
                    "message", "u_space_class")


def in_words(zone: GeoZone) -> str:
    """All that is said of a zone, a line for each thing."""
    return "\n".join(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in to_builtins(zone).items())


def _words(value: Any) -> str:
    match value:
        case bool():
            return "YES" if value else "NO"
        case list() | tuple():
            return ", ".join(map(_words, value))
        case dict():
            return "; ".join(f"{name.replace('_', ' ')} {_words(each)}" for name, each in value.items())
    return str(value)
