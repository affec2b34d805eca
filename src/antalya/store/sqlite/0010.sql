-- Version 10. Nobody asks the tables for who is where any more: the index in memory knows it (store/hot.py).
DROP TABLE cell;
