"""Bytes: canonical JSON, decoding, signed notices, tokens, GeoJSON and rulebooks from files."""
