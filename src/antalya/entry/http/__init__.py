"""The native API door, `/v1`: parse, call the exchange, render. Nothing is decided or redacted here."""
