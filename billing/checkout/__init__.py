"""One call: quote, open the invoice, start the first attempt."""
