-- Version 11. Before this, the table `volumes` got what the index in memory holds (store/forward.py): less than half the bytes, with
-- each volume's key and kind.
ALTER TABLE volumes DROP COLUMN kind;
