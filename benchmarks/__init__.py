"""Benchmarks: one file a row, each measured against a named peer in the same run. `python -m benchmarks` runs them all."""
