"""Exact geometry on WGS84: prepared outlines, meetings, lines, cells for the index, and the batch join."""
