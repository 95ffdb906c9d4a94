"""Wave: checkout sessions that the payer approves in Wave's app, and what Wave tells us of them."""
