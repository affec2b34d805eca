"""What bounds a filing: settings with safe defaults, shown at /v1/limits."""

from typing import Annotated

from msgspec import Meta

from antalya.model.base import Noun


class Limits(Noun, frozen=True, kw_only=True):
    """Bounds of an exchange. `theatre` is [west, south, east, north] in degrees: where the exchange expects its users, so
    that swapped coordinates are noticed. Areas in km², the horizon in days, rates per party."""

    body_bytes: Annotated[int, Meta(ge=1_000)] = 2_000_000
    vertices: Annotated[int, Meta(ge=4)] = 5_000
    volumes: Annotated[int, Meta(ge=1)] = 500
    area_km2: Annotated[float, Meta(gt=0)] = 100_000.0
    horizon_days: Annotated[float, Meta(gt=0)] = 60.0
    past_s: Annotated[float, Meta(ge=0)] = 60.0
    requests_per_s: Annotated[float, Meta(gt=0)] = 200.0
    burst: Annotated[int, Meta(ge=1)] = 400
    area_budget_km2_per_day: Annotated[float, Meta(gt=0)] = 500_000.0
    ask_default_s: Annotated[float, Meta(gt=0)] = 86_400.0
    clock_back_s: Annotated[float, Meta(ge=0)] = 5.0
    theatre: tuple[float, float, float, float] | None = None
