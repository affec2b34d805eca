-- Version 8. Only now, since where each of these statements is a transaction of its own, rows that were copied are not sure before.
DROP TABLE IF EXISTS node;
