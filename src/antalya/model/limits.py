"""What bounds a filing: settings with safe defaults, shown at /v1/limits."""

from typing import Annotated

from msgspec import Meta

from antalya.model.base import Noun

CENTURY_S = 36_525 * 86_400.0
"""No span is longer: moments end with the year 9999."""


class Limits(Noun, frozen=True, kw_only=True):
    """Bounds of an exchange; each says what it bounds and in which unit (docs/reference/settings.md)."""

    body_bytes: Annotated[int, Meta(ge=1_000, description="The largest body of a request, in bytes.")] = 2_000_000
    filings: Annotated[int, Meta(ge=1, description="Filings in one request.")] = 100
    vertices: Annotated[int, Meta(ge=4, description="Positions of all outlines of one operation.")] = 5_000
    volumes: Annotated[int, Meta(ge=1, description="Volumes of one operation.")] = 500
    area_km2: Annotated[float, Meta(gt=0, le=1e9, description="The area of one outline, in km².")] = 100_000.0
    horizon_days: Annotated[float, Meta(gt=0, le=CENTURY_S / 86_400, description=(
        "How far ahead an operation may end, in days."))] = 60.0
    past_s: Annotated[float, Meta(ge=0, le=CENTURY_S, description=(
        "How long ago the last window of an operation may have ended, in seconds."))] = 60.0
    requests_per_s: Annotated[float, Meta(gt=0, le=1e9, description=(
        "Requests a second, for each party and each address."))] = 200.0
    burst: Annotated[int, Meta(ge=1, description="Requests at once, before that rate holds.")] = 400
    at_once: Annotated[int, Meta(ge=1, le=32, description=(
        "Requests of one party that are answered at once, in each process; more wait."))] = 8
    streams: Annotated[int, Meta(ge=1, description="Event streams of one party that are open at once, in each process.")] = 32
    area_budget_km2_per_day: Annotated[float, Meta(gt=0, le=1e12, description=(
        "Distinct area a party may file over in one day (UTC), in km²."))] = 500_000.0
    ask_default_s: Annotated[float, Meta(gt=0, le=CENTURY_S, description=(
        "How long an ask stays open where its rule doesn't say, in seconds."))] = 86_400.0
    clock_back_s: Annotated[float, Meta(ge=0, le=CENTURY_S, description=(
        "How far the clock may go back before filings stop, in seconds."))] = 5.0
    plain_http_uss: Annotated[bool, Meta(description=(
        "Whether a USS may give an address without TLS; for tests."))] = False
    theatre: Annotated[tuple[float, float, float, float] | None, Meta(description=(
        "[west, south, east, north] in degrees: where users are expected, so that swapped coordinates are noticed."))] = None
