"""Antalya keeps rivals who share a space from colliding.

The words are in GLOSSARY.md, the house in ARCHITECTURE.md.
"""

__version__ = "0.1.0"
