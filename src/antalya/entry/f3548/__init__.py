"""The doors of ASTM F3548-21: /dss/v1 as the published interface has it, and /uss/v1 for the exchange as a USS."""

from antalya.entry.f3548 import details, dss, hearing
from antalya.entry.f3548.refusals import refusal

ENDPOINTS = (*dss.ENDPOINTS, *details.ENDPOINTS, *hearing.ENDPOINTS)

__all__ = ["ENDPOINTS", "refusal"]
