"""Plans and what customers have of them: periods, renewals, asking for the money, and revenue by day."""
