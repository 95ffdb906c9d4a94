"""Who may enter: users, roles, API keys, audit trail."""
