"""Names for the holders of ledger accounts: authors and wallets as people call them."""

from collections.abc import Callable

from billing.payments import queries as payments
from royalties.payees import queries as payees


def naming() -> Callable[[str], str]:
    """From a holder as the ledger has it (`pye_…`, `wave:SN`) to a name; what has none stays as it is."""
    names = {payee.id: payee.name for payee in payees.payees()}

    def name(holder: str) -> str:
        provider, colon, market = holder.partition(":")
        if colon and len(market) == 2:
            return f"{payments.label(provider)} {market}"
        return names.get(holder, holder)

    return name
