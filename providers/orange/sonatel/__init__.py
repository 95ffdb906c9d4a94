"""Contract B, Orange Sonatel in Senegal: codes and links to scan or open, codes dialled for, payouts by cash-in."""
