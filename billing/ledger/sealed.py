"""What is under seal, and whether the seals still say so. Hashes days again, a few thousand entries at a time.

A seal proves that nothing under it changed *since it was made*. Whoever owns the tables can change entries and seal
them anew: that shows against seals kept elsewhere (`ledger_seals --output`, then `ledger_verify --seals`).
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from billing.ledger import seals
from billing.ledger.facts import Difference, SealFact
from billing.ledger.models import Fence, JournalEntry, Seal
from billing.ledger.snapshot import streamed

RULE = "seal"
PROMISE = "each sealed day has the entries it was sealed with, chained to the day before; no day is missing"

# The sweep runs every hour and seals a day in seconds. A fence without its seals is a sweep under way; this long after,
# it is a seal that was taken away. A day may also wait for a stopped worker, which is told before it is a day old.
SEALS_FOLLOW_FENCE_WITHIN = timedelta(hours=6)
DAY_IS_SEALED_WITHIN = timedelta(days=1)
FENCE_AHEAD_MAX = timedelta(days=2)  # clocks differ; a fence is never wanted beyond a day that is over

# Thousands of records in one value: a row each would cost more than hashing it.
_RECORDS = """
SELECT string_agg(record, ''::bytea ORDER BY place)
FROM (
    SELECT row_number() OVER (ORDER BY entry.recorded_at, entry.id) - 1 AS place,
           uuid_send(entry.id)
           || int8send((extract(epoch FROM entry.recorded_at) * 1000000)::bigint)
           || int8send((extract(epoch FROM entry.happened_at) * 1000000)::bigint)
           || CASE WHEN entry.closing THEN '\\x01'::bytea ELSE '\\x00'::bytea END
           || coalesce((SELECT uuid_send(reversed_id) FROM ledger_reversal WHERE reversing_id = entry.id), %(none)s)
           || entry.fingerprint AS record
    FROM ledger_journalentry entry
    WHERE entry.recorded_at >= %(since)s AND entry.recorded_at < %(until)s
) AS leaf
GROUP BY place / 4096
ORDER BY place / 4096
"""


class NoSuchSeal(Exception):
    """The day is not sealed."""


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of the day and of the next one, in the platform's time zone."""
    return midnight(day), midnight(day + timedelta(days=1))


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def leaves(*, since: datetime, until: datetime) -> Iterator[bytes]:
    """The leaves of the entries recorded in a stretch of time, in order. Streams."""
    for (packed,) in streamed(_RECORDS, {"none": bytes(16), "since": since, "until": until}, page=8):
        yield from seals.leaves_of(bytes(packed))


def differences(*, since: date | None = None, at: datetime | None = None) -> Iterator[Difference]:
    """What the seals and the entries do not agree on. `since`: trust the days before; `at`: look for days not sealed.

    :raises NoSuchSeal: the day before `since` has no seal to trust.
    """
    last = None if since is None else _trusted(since - timedelta(days=1))
    if last is None:
        yield from _recorded_before_the_first()
    for row in _rows(since):
        yield from _of_day(row, last)
        last = row
    yield from _of_fence(last, at)


def against(exported: Iterable[SealFact], *, of: str) -> Iterator[Difference]:
    """What became of the seals that were exported before: each must stand as it stood."""
    stored = {row.day: bytes(row.seal) for row in _rows(None)}
    for seal in exported:
        if seal.day not in stored:
            yield _difference(seal.day, f"{of} has a seal of this day, the ledger none")
        elif stored[seal.day] != seal.seal:
            was, is_now = seal.seal.hex(), stored[seal.day].hex()
            yield _difference(seal.day, f"the seal is {is_now}, in {of} it was {was}: the day was sealed anew")


def _rows(since: date | None) -> Iterator[Seal]:
    found = Seal.objects.order_by("day")
    yield from (found if since is None else found.filter(day__gte=since)).iterator()


def _trusted(day: date) -> Seal:
    row = Seal.objects.filter(day=day).first()
    if row is None:
        raise NoSuchSeal(f"{day} is not sealed: no seal to start from")
    return row


def _of_day(row: Seal, before: Seal | None) -> Iterator[Difference]:
    previous = seals.GENESIS if before is None else bytes(before.seal)
    if before is not None and row.day != before.day + timedelta(days=1):
        yield _difference(row.day, f"follows the seal of {before.day}: days are missing between")
    if bytes(row.previous) != previous:
        yield _difference(row.day, f"is chained to {bytes(row.previous).hex()}, the seal before is {previous.hex()}")
    since, until = day_bounds(row.day)
    root, count = seals.root_of(leaves(since=since, until=until))
    if (root, count) != (bytes(row.root), row.entry_count):
        told = f"{row.entry_count} entries under {bytes(row.root).hex()}"
        yield _difference(row.day, f"was sealed with {told}, has {count} under {root.hex()}")
    seal = seals.seal_hash(previous=bytes(row.previous), day=row.day, count=row.entry_count, root=bytes(row.root))
    if seal != bytes(row.seal):
        yield _difference(row.day, "the seal is not made of its previous, day, count and root")


def _recorded_before_the_first() -> Iterator[Difference]:
    first = Seal.objects.order_by("day").values_list("day", flat=True).first()
    if first is None:
        return
    early = JournalEntry.objects.filter(recorded_at__lt=midnight(first)).count()
    if early:
        yield _difference(first, f"is the first day sealed, {early} entries are recorded before it")


def _of_fence(last: Seal | None, at: datetime | None) -> Iterator[Difference]:
    """Days are sealed behind a fence: it stands at the end of the last one, or further while a sweep is under way."""
    fence = Fence.objects.values_list("sealed_until", flat=True).first()
    end = None if last is None else day_bounds(last.day)[1]
    if end is not None and (fence is None or fence < end):
        yield Difference(RULE, "fence", f"stands at {fence}, days are sealed until {end}")
    if at is None:
        return
    if fence is not None and fence > at + FENCE_AHEAD_MAX:
        yield Difference(RULE, "fence", f"stands at {fence}, in the future: nothing can be recorded until then")
    if fence is not None and (end is None or end < fence) and at > fence + SEALS_FOLLOW_FENCE_WITHIN:
        yield Difference(RULE, "fence", f"days were being sealed until {fence}, their seals end at {end}")
    elif end is not None and at > (over := end + timedelta(days=1)) + DAY_IS_SEALED_WITHIN:
        yield _difference(timezone.localdate(end), f"is over since {over} and not sealed: the sweep is late")


def _difference(day: date, message: str) -> Difference:
    return Difference(rule=RULE, subject=day.isoformat(), message=message)
