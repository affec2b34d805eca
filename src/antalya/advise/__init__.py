"""Advice for those who may know everything about both sides: the owner of all plans, or the broker. What a single party is
told are the remedies of its findings (`steps.weigh.trims`), which show no more than the finding does."""

from antalya.advise.shift import Shifts, shifts

__all__ = ["Shifts", "shifts"]
