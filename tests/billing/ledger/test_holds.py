"""Two-phase: what is promised is promised once; limits, and what they count."""

from datetime import timedelta

import pytest

from billing.ledger import operations, queries
from billing.ledger.draft import credit, debit
from billing.ledger.facts import HoldFact
from tests.factories.ledger import AT, account, draft, posted

pytestmark = pytest.mark.django_db

OWED = account("4011", "pye_1")
WALLET = account("552", "wave:SN")
LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def owed() -> None:
    """An author is owed 1 000."""
    posted([debit(account("4081", "pye_1"), 1000), credit(OWED, 1000)])


def payout(amount: int, key: str = "payout:1", expires_after: timedelta | None = timedelta(days=1)) -> HoldFact:
    lines = [debit(OWED, amount), credit(WALLET, amount)]
    expires_at = None if expires_after is None else AT + expires_after
    return operations.hold(draft=draft(lines, key=key), expires_at=expires_at, at=AT)


class TestHold:
    def test_counts_as_gone_but_moves_nothing(self):
        payout(700)
        can = queries.available(OWED)
        assert (can.balance_minor, can.leaving_minor, can.available_minor) == (1000, 700, 300)
        assert queries.balance(WALLET) == 0
        assert [hold.key for hold in queries.open_holds(OWED)] == ["payout:1"]

    def test_is_not_promised_twice(self):
        payout(700)
        with pytest.raises(operations.LimitExceeded) as refused:
            payout(301, key="payout:2")
        refusal = refused.value
        assert (refusal.account, refusal.rule, refusal.amount_minor) == (OWED, "floor", 301)
        assert (refusal.balance_minor, refusal.limit_minor) == (1000, 0)
        assert payout(300, key="payout:3").outcome is None

    def test_keeps_ordinary_entries_from_what_is_promised(self):
        payout(700)
        with pytest.raises(operations.LimitExceeded, match="held 700"):
            posted([debit(OWED, 301), credit(WALLET, 301)])
        assert posted([debit(OWED, 300), credit(WALLET, 300)])

    def test_is_the_same_when_asked_again_and_refused_with_other_content(self):
        assert payout(700) == payout(700)
        assert queries.available(OWED).leaving_minor == 700
        with pytest.raises(operations.KeyReused):
            payout(701)


class TestSettling:
    def test_writes_the_entry_and_frees_the_promise(self):
        held = payout(700)
        entry = operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER)
        assert (entry.settles, entry.happened_at) == (held.id, LATER)
        assert queries.hold(held.id).outcome == "posted"
        assert queries.balance(OWED) == -300
        assert queries.available(OWED).leaving_minor == 0
        assert list(queries.differences()) == []

    def test_in_part_frees_the_rest(self):
        held = payout(700)
        operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER, lines=[debit(OWED, 400), credit(WALLET, 400)])
        assert queries.hold(held.id).outcome == "partly"
        assert queries.available(OWED).available_minor == 600
        assert list(queries.differences()) == []

    def test_never_goes_beyond_the_hold(self):
        held = payout(700)
        with pytest.raises(operations.MoreThanThere):
            operations.post_hold(
                hold_ref=held.id, key="paid:1", at=LATER, lines=[debit(OWED, 701), credit(WALLET, 701)]
            )
        assert queries.hold(held.id).outcome is None

    def test_happens_once(self):
        held = payout(700)
        first = operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER)
        assert operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER).id == first.id
        with pytest.raises(operations.HoldEnded):
            operations.post_hold(hold_ref=held.id, key="paid:2", at=LATER)
        assert queries.balance(OWED) == -300

    def test_is_not_done_by_an_entry_that_says_the_same(self):
        held = payout(300)
        posted([debit(OWED, 300), credit(WALLET, 300)], key="twin", at=LATER)
        with pytest.raises(operations.KeyReused):
            operations.post_hold(hold_ref=held.id, key="twin", at=LATER)
        assert queries.hold(held.id).outcome is None

    def test_is_refused_when_the_time_is_over_even_before_the_sweep(self):
        held = payout(700, expires_after=timedelta(minutes=1))
        with pytest.raises(operations.HoldExpired):
            operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER)


class TestEnding:
    def test_void_frees_it_once_and_says_why(self):
        held = payout(700)
        assert operations.void_hold(hold_ref=held.id, reason="numéro inconnu", at=LATER).reason == "numéro inconnu"
        assert operations.void_hold(hold_ref=held.id, reason="encore", at=LATER).reason == "numéro inconnu"
        assert queries.available(OWED).available_minor == 1000
        with pytest.raises(operations.HoldEnded):
            operations.post_hold(hold_ref=held.id, key="paid:1", at=LATER)

    def test_the_sweep_takes_what_is_over_and_nothing_else(self):
        over, standing = payout(300, expires_after=timedelta(minutes=1)), payout(200, key="payout:2")
        forever = payout(100, key="payout:3", expires_after=None)
        assert operations.expire_holds(at=LATER) == 1
        assert operations.expire_holds(at=LATER) == 0
        assert queries.hold(over.id).outcome == "expired"
        assert {queries.hold(hold.id).outcome for hold in (standing, forever)} == {None}
        assert queries.available(OWED).leaving_minor == 300
        assert list(queries.differences()) == []


class TestLimits:
    def set(self, **limits: int | None) -> None:
        values = {"floor_minor": 0, **limits}
        operations.set_limits(account=OWED, by="awa", reason="essai", at=AT, **values)

    def test_credit_lets_an_account_go_below_its_floor(self):
        self.set(credit_minor=500)
        assert queries.available(OWED).available_minor == 1500
        posted([debit(OWED, 1500), credit(WALLET, 1500)])
        with pytest.raises(operations.LimitExceeded):
            posted([debit(OWED, 1), credit(WALLET, 1)])

    def test_a_ceiling_keeps_an_account_from_growing(self):
        self.set(ceiling_minor=1200)
        with pytest.raises(operations.LimitExceeded, match="ceiling"):
            posted([debit(account("4081", "pye_1"), 201), credit(OWED, 201)])
        assert posted([debit(account("4081", "pye_1"), 200), credit(OWED, 200)])

    def test_an_account_beyond_its_limit_may_come_back(self):
        self.set(floor_minor=5000)
        assert posted([debit(account("4081", "pye_1"), 1), credit(OWED, 1)])
        with pytest.raises(operations.LimitExceeded):
            posted([debit(OWED, 1), credit(WALLET, 1)])

    def test_an_account_in_record_mode_has_none(self):
        with pytest.raises(operations.NoLimits):
            operations.set_limits(account=WALLET, floor_minor=0, by="awa", reason="essai", at=AT)


class TestPostEach:
    def test_drops_offenders_in_order_and_writes_the_rest(self):
        out = [draft([debit(OWED, amount), credit(WALLET, amount)], key=f"k{amount}") for amount in (600, 500, 400)]
        back = draft([debit(WALLET, 50), credit(OWED, 50)], key="back")
        last = draft([debit(OWED, 50), credit(WALLET, 50)], key="last")
        answers = operations.post_each(drafts=[*out, back, last, out[0]], at=AT)
        kinds = [type(answer).__name__ for answer in answers]
        assert kinds == ["EntryFact", "Refused", "EntryFact", "EntryFact", "EntryFact", "EntryFact"]
        assert answers[1].reason.amount_minor == 500
        assert answers[5].id == answers[0].id
        assert queries.balance(OWED) == 0
        assert operations.post_each(drafts=[out[1]], at=AT)[0].reason.rule == "floor"  # its key is free again
        assert list(queries.differences()) == []
