"""REST for payments: requests in, one operation, an answer."""
