"""What every simulator needs: a clock that can be moved, a book that survives restarts, faults on demand, webhooks."""
