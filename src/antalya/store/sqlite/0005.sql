-- Version 5. Without an index, SQLite looks through all operations whenever a leaf is appended that a row already refers to.
CREATE INDEX operation_leaf ON operation (leaf);
