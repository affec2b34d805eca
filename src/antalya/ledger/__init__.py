"""The append-only log: Merkle tree (RFC 6962, 9162), checkpoints (C2SP), entries and receipts. Pure; the store keeps nodes."""
