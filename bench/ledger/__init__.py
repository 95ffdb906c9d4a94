"""`make bench-ledger`: how fast the ledger posts, against pgbench and against others, on one server and one disk."""
