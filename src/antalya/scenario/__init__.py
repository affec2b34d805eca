"""Scenarios: a day as data, to be replayed through an exchange (docs/scenario.md tells how to write one)."""

from antalya.scenario.day import Filing, Manifest, Registered, Reply, Scenario
from antalya.scenario.loading import FILES, load, names, read

__all__ = ["FILES", "Filing", "Manifest", "Registered", "Reply", "Scenario", "load", "names", "read"]
