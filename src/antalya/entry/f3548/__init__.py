"""The door of ASTM F3548-21: /dss/v1 as the published interface has it."""

from antalya.entry.f3548.dss import ENDPOINTS
from antalya.entry.f3548.refusals import refusal

__all__ = ["ENDPOINTS", "refusal"]
