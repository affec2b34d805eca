"""The nouns: frozen, self-checking, without I/O or clock."""

from antalya.model.asks import Answer, Ask
from antalya.model.findings import Finding, Met, Opened, Remedy
from antalya.model.operations import Operation, Strength
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Signature, Understanding
from antalya.model.volume import Circle, Minima, MultiPolygon, Outline, Polygon, Volume, Window

__all__ = ["Answer", "Area", "Ask", "Circle", "Control", "Finding", "Force", "Met", "Minima", "MultiPolygon", "Opened",
           "Operation", "Outline", "Party", "Polygon", "Remedy", "Signature", "Site", "Stance", "Strength",
           "Understanding", "Volume", "Window"]
