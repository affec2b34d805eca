"""Checking plans from files: `check`, beside the exchange and over the same steps."""

from antalya.checking.check import check
from antalya.checking.sources import NamedBytes, Source
from antalya.wire.report import Report

__all__ = ["NamedBytes", "Report", "Source", "check"]
