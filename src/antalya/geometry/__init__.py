"""Exact geometry on WGS84: prepared outlines, meetings, lines, the batch join and the standing index, and S2 cells."""
