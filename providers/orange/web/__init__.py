"""Contract A, Web Payment: Orange's own page, to which the payer is sent."""
