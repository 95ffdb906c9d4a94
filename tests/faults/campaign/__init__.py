"""The fault campaign: many payments, refunds and payouts over every wallet, while providers and processes misbehave."""
