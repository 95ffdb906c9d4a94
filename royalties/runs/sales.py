"""Which paid sale lines were not turned into royalties yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max

from billing import ids
from billing.invoices import queries as invoices
from billing.invoices.facts import SaleLineFact
from royalties import periods
from royalties.runs.models import AccruedSale, AwaitingContract

# A payment's transaction may commit after a later one's, and a demo or an import may write sales of the past.
# Minutes would do for the first; the second is what `rescan` is for.
OVERLAP = timedelta(days=2)
_PAGE = 1000


def start_of_scan() -> datetime:
    """From when on to look for new sales: a little before the latest one known."""
    latest = max(filter(None, (_latest(AccruedSale), _latest(AwaitingContract))), default=None)
    return latest - OVERLAP if latest else periods.BEGINNING


def unseen(*, paid_from: datetime, paid_until: datetime) -> Iterator[SaleLineFact]:
    """Sale lines paid in the half-open stretch that are neither accrued nor known to lack a contract, oldest first."""
    after: str | None = None
    while page := invoices.sale_lines(paid_from=paid_from, paid_until=paid_until, after=after, limit=_PAGE):
        items = [line.item_ref for line in page]
        known = set(AccruedSale.objects.filter(pk__in=items).values_list("pk", flat=True))
        known |= set(AwaitingContract.objects.filter(pk__in=items).values_list("pk", flat=True))
        yield from (line for line in page if line.item_ref not in known and _is_of_a_book(line))
        if len(page) < _PAGE:
            return
        after = page[-1].item_ref


def _is_of_a_book(line: SaleLineFact) -> bool:
    """A subscription's line is of a plan: what it brings authors is the month's reading, not the line."""
    return ids.looks_like(line.edition_ref, "edn")


def _latest(model: type[AccruedSale] | type[AwaitingContract]) -> datetime | None:
    found: datetime | None = model.objects.aggregate(latest=Max("paid_at"))["latest"]
    return found
