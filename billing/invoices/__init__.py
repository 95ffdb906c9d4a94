"""Invoices, their legal numbers and their documents."""
