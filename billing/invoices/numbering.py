"""Legal numbers: `<prefix>-<year>-<6 digits>`, one after the other, none missing, none twice."""

from django.db import connection

_NEXT = """
    INSERT INTO invoices_invoiceseries AS series (prefix, year, last_number) VALUES (%s, %s, 1)
    ON CONFLICT (prefix, year) DO UPDATE SET last_number = series.last_number + 1
    RETURNING last_number
"""


def credit_prefix(invoice_prefix: str) -> str:
    """Credit notes (*avoirs*) count in a series of their own: `SN-AV-2026-000001`."""
    return f"{invoice_prefix}-AV"


def take(*, prefix: str, year: int) -> str:
    """The next number of the series, in the caller's transaction.

    The statement locks the series' row until the transaction ends, so the next one waits and a rollback gives the
    number back. A PostgreSQL sequence would be faster and would leave gaps, which the law forbids.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [prefix, year])
        (number,) = cursor.fetchone()
    return f"{prefix}-{year}-{number:06d}"
