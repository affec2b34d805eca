-- Version 12. A volume stored from now on has its sectors, too (geometry/sectors.py): two words more, which an earlier program does
-- not know. Those that have none are left as they are.
SELECT 1;
