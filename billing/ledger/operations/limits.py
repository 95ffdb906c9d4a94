"""The limits of an account, and who changed them."""

from datetime import datetime

from django.db import Error, connection, transaction

from billing.ledger import chart
from billing.ledger.draft import AccountKey
from billing.ledger.operations.batch import refusal


def set_limits(
    *,
    account: AccountKey,
    floor_minor: int | None,
    ceiling_minor: int | None = None,
    credit_minor: int = 0,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Set all limits of an account, on its own side: at least the floor less the credit granted, at most the ceiling.

    What is there or held already may lie beyond the new limits: it can then only come back.

    :raises NotLimits: a credit below zero, a ceiling below the floor, no name or no reason.
    :raises NoLimits: the account is kept in stripes (record mode).
    :raises UnknownAccountCode: the account is outside the chart.
    """
    chart.account(account.code)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT ledger_set_limit(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    account.entity,
                    account.code,
                    account.currency,
                    account.holder,
                    floor_minor,
                    ceiling_minor,
                    credit_minor,
                    by,
                    reason,
                    at,
                ],
            )
    except Error as error:
        raise refusal(error) from error
