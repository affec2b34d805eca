"""Antalya keeps rivals who share a space from colliding.

The words are in GLOSSARY.md, the house in ARCHITECTURE.md. `antalya.check(...)` finds what clashes in plans from files.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antalya.checking import Report, check

__version__ = "0.1.0"
__all__ = ["Report", "check"]


def __getattr__(name: str) -> object:
    """`check` and `Report` on their first use: they bring numpy and GEOS with them, which not everybody needs."""
    if name in __all__:
        from antalya import checking

        return getattr(checking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
