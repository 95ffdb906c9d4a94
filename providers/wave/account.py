"""What Wave tells of a wallet itself: its balance, its movements."""

import logging
from datetime import date

from providers.amounts import Amount
from providers.contract import StatementPage
from providers.wave import statement_wire as wire
from providers.wave.calls import Calls

logger = logging.getLogger(__name__)


class Account(Calls):
    """Tells its balance, and lists its movements."""

    def fetch_balance(self) -> Amount:
        """What the wallet holds, without sub-accounts; less than nothing is possible."""
        return wire.read_balance(self._call("fetch_balance", "GET", "/v1/balance", ""))

    def list_movements(self, day: date, cursor: str | None = None) -> StatementPage:
        """The lines of one UTC day, oldest first; how many make a page is left to Wave."""
        query = {"date": day.isoformat(), **({"after": cursor} if cursor else {})}
        document = self._call("list_movements", "GET", "/v1/transactions", "", query=query)
        page = wire.read_page(document, day=day, cursor=cursor)
        if words := wire.unknown_types(page):
            logger.warning("event=unknown_movement provider=wave day=%s words=%s", day, sorted(words))
        return page
