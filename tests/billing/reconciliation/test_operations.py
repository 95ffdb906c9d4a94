"""Lines against the books: each ends in one place, and account 552 follows the provider to the franc."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.ledger import verification
from billing.payments import queries as payment_queries
from billing.payouts import queries as payout_queries
from billing.reconciliation import ledger_checks, line_ids, operations, queries
from billing.reconciliation.facts import Explanation
from billing.reconciliation.models import ChangedLine, Finding, SettlementLine, StatementImport
from tests.factories import payments as attempts
from tests.factories import payouts as transfers
from tests.factories.billing import reference_world
from tests.factories.payments import PHONE
from tests.factories.payouts import approved, owe
from tests.factories.statements import BY, bring, fees, line, suspense, wallet

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = attempts.Outcome


@pytest.fixture(autouse=True)
def _world(at):
    reference_world(at=at)
    yield
    assert [*verification.differences(), *ledger_checks.differences()] == []


def started(at: datetime, **changed):
    return attempts.start(at=at, **changed)


def paid(at: datetime, *, transaction_ref: str | None = None, **changed):
    payment = started(at, **changed)
    return attempts.apply(payment, attempts.answer(Outcome.SUCCEEDED, transaction_ref=transaction_ref), at=at)


def only():
    (finding,) = Finding.objects.all()
    return queries.line(f"rcl_{finding.line_id.hex}")


def sums() -> dict[str, int]:
    """State → the sum of its lines; all: what the statement comes to."""
    nets = {one.line_id: one.net_minor for one in SettlementLine.objects.all()}
    by_state: dict[str, int] = {}
    for finding in Finding.objects.all():
        by_state[finding.state] = by_state.get(finding.state, 0) + nets.pop(finding.line_id)
    assert nets == {}, "every line has its finding"
    return by_state


class TestMatching:
    @pytest.mark.parametrize(
        ("named", "rule"),
        [("our_ref", "reference"), ("session", "provider_ref"), ("movement", "transaction_ref"), ("phone", "likeness")],
    )
    def test_finds_the_payment_by(self, wave, at, tmp_path, named, rule):
        payment = paid(at, transaction_ref="T_000001")
        said = {
            "our_ref": {"client_reference": payment.id, "transaction_id": "T_9"},
            "session": {"checkout_api_session_id": payment.provider_ref, "transaction_id": "T_9"},
            "movement": {},
            "phone": {"counterparty_mobile": PHONE, "transaction_id": "T_9"},
        }[named]
        bring(tmp_path, [line(happened_at=at, **said)], at=at)
        found = only()
        assert (found.state, found.rule, found.subject_ref) == ("matched", rule, payment.id)
        assert (wallet(), suspense(), fees()) == (1485, 0, 15)

    def test_leaves_two_alike_to_a_person(self, wave, at, tmp_path):
        for _ in range(2):
            paid(at)
        bring(tmp_path, [line(happened_at=at, counterparty_mobile=PHONE)], at=at)
        assert (only().state, only().reason) == ("worklist", "ambiguous")

    def test_leaves_two_lines_for_one_payment_to_a_person(self, wave, at, tmp_path):
        paid(at)
        lines = [line(number, happened_at=at, counterparty_mobile=PHONE) for number in (1, 2)]
        bring(tmp_path, lines, at=at)
        assert {one.reason for one in queries.worklist()} == {"ambiguous"}
        assert wallet() == 3 * 1485, "one from the payment, two from lines nobody can place"

    def test_is_not_misled_by_likeness_outside_the_window(self, wave, at, tmp_path):
        paid(at)
        bring(tmp_path, [line(happened_at=at - timedelta(hours=2), counterparty_mobile=PHONE)], at=at)
        assert only().reason == "unknown"

    def test_gives_a_payment_to_one_line_only(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(1, happened_at=at, client_reference=payment.id)], at=at)
        bring(tmp_path, [line(2, happened_at=at, client_reference=payment.id)], at=at, name="again.csv")
        (second,) = queries.worklist()
        assert (second.reason, second.hint, second.suspense_minor) == ("claimed", payment.id, 1500)
        assert (wallet(), suspense()) == (2 * 1485, 1500)

    def test_notices_references_that_contradict_each_other(self, wave, at, tmp_path):
        paid(at, transaction_ref="T_000001")
        other = paid(at, transaction_ref="T_000002")
        bring(tmp_path, [line(1, happened_at=at, client_reference=other.id)], at=at)
        assert only().reason == "references_disagree"


class TestSettling:
    @pytest.mark.parametrize("state", [Outcome.EXPIRED, Outcome.FAILED, Outcome.UNKNOWN, None])
    def test_settles_what_the_statement_proves(self, wave, at, tmp_path, state):
        payment = started(at)
        if state:
            attempts.apply(payment, attempts.answer(state), at=at)
        bring(tmp_path, [line(happened_at=at, client_reference=payment.id)], at=at)
        settled = payment_queries.payment(payment.id)
        assert settled.state == "succeeded"
        assert [event.source for event in payment_queries.events(payment.id)][-1] == "statement"
        assert (only().state, wallet(), suspense()) == ("matched", 1485, 0)

    def test_of_another_amount_calls_a_person(self, wave, at, tmp_path):
        payment = started(at)
        bring(tmp_path, [line(happened_at=at, amount=990, fee=10, client_reference=payment.id)], at=at)
        assert payment_queries.payment(payment.id).state == "needs_review"
        assert (only().state, only().reason) == ("worklist", "amount_differs")
        assert (wallet(), fees()) == (990, 10)

    def test_settles_a_payout_nobody_could_tell_of(self, wave, at, tmp_path):
        owe(5000, at=at)
        (payout,) = approved(at=at)
        transfers.apply(payout, transfers.answer(transfers.Outcome.UNKNOWN), at=at)
        said = line(kind="api_payout", amount=-5050, fee=50, happened_at=at, client_reference=payout.id)
        bring(tmp_path, [said], at=at)
        assert payout_queries.payout(payout.id).state == "succeeded"
        assert (only().state, wallet(), fees()) == ("matched", -5050, 50)

        back = {**said, "transaction_type": "api_payout_reversal", "amount": 5050, "fee": -50, "is_reversal": "true"}
        bring(tmp_path, [back], at=at, name="back.csv")
        assert payout_queries.payout(payout.id).state == "reversed"
        assert (wallet(), fees(), suspense()) == (0, 0, 0)
        assert queries.worklist() == ()


class TestBooking:
    def test_books_the_fee_as_it_was(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(amount=1470, fee=30, happened_at=at, client_reference=payment.id)], at=at)
        assert (only().state, only().reason) == ("matched", "fee_differs")
        assert (wallet(), fees(), suspense()) == (1470, 30, 0)

    def test_follows_the_provider_with_money_nobody_knows(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        assert (only().state, only().reason) == ("worklist", "unknown")
        assert (wallet(), fees(), suspense()) == (1485, 15, 1500)
        (alarm,) = queries.alarms(at=at + timedelta(days=3))
        assert (alarm.code, alarm.holder, alarm.sum_minor, alarm.age_days) == ("4712", "wave:SN", -1500, 3)

    @pytest.mark.parametrize(("kind", "code", "holder"), [("merchant_sweep", "585", "wave:SN")])
    def test_explains_by_kind(self, wave, at, tmp_path, kind, code, holder):
        bring(tmp_path, [line(kind=kind, amount=-10_000, fee=0, happened_at=at)], at=at)
        assert (only().state, wallet(), suspense()) == ("explained", -10_000, 0)
        assert wallet(holder, code=code) == 10_000

    def test_explains_a_line_by_the_one_that_takes_it_back(self, wave, at, tmp_path):
        first = line(happened_at=at)
        bring(tmp_path, [first], at=at)
        assert only().state == "worklist"
        back = {**first, "amount": -1485, "fee": -15, "transaction_type": "api_checkout_refund", "is_reversal": "true"}
        bring(tmp_path, [first, back], at=at, name="later.csv")
        assert set(Finding.objects.values_list("state", "explanation")) == {("explained", "reversal")}
        assert (wallet(), suspense(), fees()) == (0, 0, 0)

    def test_clears_the_suspense_when_a_line_matches_later(self, wave, at, tmp_path):
        payment = started(at)
        bring(tmp_path, [line(happened_at=at, client_reference="pay_unknown", transaction_id="T_LATE")], at=at)
        assert suspense() == 1500
        attempts.apply(payment, attempts.answer(Outcome.SUCCEEDED, transaction_ref="T_LATE"), at=at)
        assert wallet() == 2 * 1485, "until the line is looked at again"
        operations.reconcile(provider="wave", market="SN", at=at + timedelta(hours=1))
        assert (only().state, wallet(), suspense(), fees()) == ("matched", 1485, 0, 15)

    def test_once_more_changes_nothing(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(1, amount=1470, fee=30, happened_at=at, client_reference=payment.id),
                         line(2, happened_at=at)], at=at)  # fmt: skip
        before = (verification.counts(), list(Finding.objects.order_by("pk").values()))
        for hours in (1, 2):
            operations.reconcile(provider="wave", market="SN", at=at + timedelta(hours=hours))
        assert (verification.counts(), list(Finding.objects.order_by("pk").values())) == before


class TestImport:
    def test_of_the_same_file_is_the_same_import(self, wave, at, tmp_path):
        first = bring(tmp_path, [line(happened_at=at)], at=at)
        again = bring(tmp_path, [line(happened_at=at)], at=at + timedelta(days=1), name="copy.csv")
        assert (again.id, again.is_repeated, first.is_repeated) == (first.id, True, False)
        assert (StatementImport.objects.count(), wallet()) == (1, 1485)

    def test_of_lines_known_before_counts_them(self, wave, at, tmp_path):
        bring(tmp_path, [line(1, happened_at=at)], at=at)
        fact = bring(tmp_path, [line(1, happened_at=at), line(2, happened_at=at)], at=at, name="more.csv")
        assert (fact.line_count, fact.new_count, fact.repeated_count, fact.changed_count) == (2, 1, 1, 0)

    def test_of_a_tampered_line_keeps_the_first_and_tells(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        fact = bring(tmp_path, [line(happened_at=at, amount=9485)], at=at, name="tampered.csv")
        assert (fact.new_count, fact.changed_count) == (0, 1)
        (changed,) = queries.changed()
        assert (changed.line.net_minor, changed.net_minor) == (1485, 9485)
        assert wallet() == 1485
        (report,) = queries.reports(day=at.date())
        assert not report.agrees

    def test_two_at_once_bring_each_line_once(self, wave, at, tmp_path):
        payments = [paid(at) for _ in range(4)]
        lines = [line(n, happened_at=at, client_reference=one.id) for n, one in enumerate(payments)]

        def ask(number: int) -> int:
            try:
                return bring(
                    tmp_path, [*lines, line(90 + number, happened_at=at)], at=at, name=f"{number}.csv"
                ).new_count
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            new = sorted(pool.map(ask, range(3)))
        assert new == [1, 1, 5]
        assert Finding.objects.filter(state="matched").count() == 4
        assert (wallet(), suspense()) == (7 * 1485, 3 * 1500)

    def test_wants_a_wallet_of_ours(self, at, tmp_path):
        with pytest.raises(operations.NoWallet):
            bring(tmp_path, [line(happened_at=at)], at=at, market="GM")
        assert StatementImport.objects.count() == 0

    def test_is_kept_as_received(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at, counterparty_mobile=PHONE)], at=at)
        kept = SettlementLine.objects.get()
        assert PHONE not in str(kept.raw) + str(kept.phone_masked)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            SettlementLine.objects.update(net_minor=1)


class TestChanges:
    """A line came again and said something else; a person says which is right."""

    def changed(self, tmp_path, at, *, name="again.csv", **said):
        bring(tmp_path, [line(happened_at=at, **said)], at=at, name=name)
        return queries.changed()[-1]

    def brought_again(self, first, at, **said):
        """As another provider's file would: Wave names its lines by their kind, and its wallets have one currency."""
        row = ChangedLine.objects.create(
            line_id=line_ids.stored(first.id),
            source_import_id=StatementImport.objects.first().id,
            line_no=1,
            happened_at=at,
            net_minor=first.net_minor,
            fee_minor=first.fee_minor,
            found_at=at,
            **{"kind": first.kind, "currency": first.currency, **said},
        )
        return queries.change(row.pk)

    def report(self, at):
        (report,) = queries.reports(day=at.date())
        return report

    def test_of_which_the_first_is_right_moves_nothing(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        changed = self.changed(tmp_path, at, amount=9485)
        operations.reject_change(changed_id=changed.id, why="erreur du portail", by=BY, at=at)
        assert (queries.changed(), wallet(), suspense()) == ((), 1485, 1500)
        told = queries.change(changed.id)
        assert (told.verdict, told.decided_by, told.decided_why) == ("rejected", BY, "erreur du portail")
        for decide in (operations.reject_change, operations.accept_change):
            with pytest.raises(operations.NothingToDecide):
                decide(changed_id=changed.id, why="encore", by=BY, at=at)

    def test_of_which_the_last_is_right_moves_the_wallet_and_asks_what_the_difference_is(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(happened_at=at, client_reference=payment.id)], at=at)
        changed = self.changed(tmp_path, at, amount=1185)
        assert not self.report(at).agrees
        operations.accept_change(changed_id=changed.id, why="avis de l’opérateur", by=BY, at=at)
        assert (wallet(), suspense()) == (1185, -300)
        (waiting,) = queries.worklist()
        assert (waiting.reason, waiting.hint, waiting.gross_minor) == ("changed", payment.id, -300)
        assert queries.change(changed.id).correction_id == waiting.id
        operations.decide_explained(line_id=waiting.id, explanation=Explanation.TAX, why="retenue", by=BY, at=at)
        report = self.report(at)
        assert (report.told.moved_minor, report.difference_minor, report.agrees) == (1185, 0, True)
        assert (queries.worklist(), suspense()) == ((), 0)

    def test_of_a_fee_explains_itself(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(happened_at=at, client_reference=payment.id)], at=at)
        changed = self.changed(tmp_path, at, amount=1470, fee=30)
        operations.accept_change(changed_id=changed.id, why="nouveau tarif", by=BY, at=at)
        assert (wallet(), fees(), suspense(), queries.worklist()) == (1470, 30, 0, ())
        assert self.report(at).agrees

    def test_of_a_kind_alone_moves_nothing(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        changed = self.brought_again(queries.worklist()[0], at, kind="fee")
        operations.accept_change(changed_id=changed.id, why="vu", by=BY, at=at)
        assert (wallet(), queries.change(changed.id).correction_id) == (1485, "")

    def test_one_after_the_other_are_differences_to_what_counts(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        for number, amount in enumerate((9485, 2485)):
            changed = self.changed(tmp_path, at, amount=amount, name=f"{number}.csv")
            operations.accept_change(changed_id=changed.id, why="vu", by=BY, at=at)
            assert wallet() == amount

    def test_are_asked_about_once_when_what_was_said_before_comes_back(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        changed = self.changed(tmp_path, at, amount=9485)
        operations.accept_change(changed_id=changed.id, why="vu", by=BY, at=at)
        again = [line(happened_at=at, amount=9485), line(2, happened_at=at)]
        assert bring(tmp_path, again, at=at, name="same.csv").changed_count == 0
        stale = [line(happened_at=at), line(2, happened_at=at)]
        assert bring(tmp_path, stale, at=at, name="stale.csv").changed_count == 1
        (back,) = queries.changed()
        assert back.net_minor == 1485
        operations.reject_change(changed_id=back.id, why="vieux fichier", by=BY, at=at)
        assert bring(tmp_path, [*stale, line(3, happened_at=at)], at=at, name="staler.csv").changed_count == 0
        assert wallet() == 9485 + 2 * 1485

    def test_accepted_by_several_at_once_moves_once(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        changed = self.changed(tmp_path, at, amount=9485)

        def accept(_: int) -> bool:
            try:
                operations.accept_change(changed_id=changed.id, why="vu", by=BY, at=at)
                return True
            except operations.NothingToDecide:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(3) as pool:
            assert sum(pool.map(accept, range(3))) == 1
        assert wallet() == 9485

    def test_wants_a_reason_and_one_currency(self, wave, at, tmp_path):
        bring(tmp_path, [line(happened_at=at)], at=at)
        changed = self.changed(tmp_path, at, amount=9485)
        for decide in (operations.reject_change, operations.accept_change):
            with pytest.raises(operations.ReasonMissing):
                decide(changed_id=changed.id, why=" ", by=BY, at=at)
        foreign = self.brought_again(changed.line, at, currency="XAF")
        with pytest.raises(operations.CurrencyChanged):
            operations.accept_change(changed_id=foreign.id, why="vu", by=BY, at=at)
        assert queries.change(foreign.id).verdict == ""
        with pytest.raises(queries.NoSuchChange):
            queries.change(0)


class TestDecisions:
    def test_place_a_line_with_its_payment(self, wave, at, tmp_path):
        payment = started(at)
        bring(tmp_path, [line(happened_at=at)], at=at)
        waiting = only()
        later = at + timedelta(days=1)
        decided = operations.decide_match(
            line_id=waiting.id, subject_ref=payment.id, why="même client, appel du 4", by=BY, at=later
        )
        assert (decided.state, decided.rule, decided.decided_by) == ("matched", "person", BY)
        assert (wallet(), suspense(), fees()) == (1485, 0, 15)
        assert queries.alarms(at=later) == ()

    @pytest.mark.parametrize(
        ("explanation", "code", "booked"),
        [(Explanation.FEE, "6317", -1485), (Explanation.TAX, "6318", -1500), (Explanation.TRANSFER, "585", -1500)],
    )
    def test_explain_a_line(self, wave, at, tmp_path, explanation, code, booked):
        bring(tmp_path, [line(happened_at=at)], at=at)
        operations.decide_explained(line_id=only().id, explanation=explanation, why="avis du 3", by=BY, at=at)
        holder = "wave:SN" if code == "585" else ""
        assert (wallet(), suspense(), wallet(holder, code=code)) == (1485, 0, booked)
        with pytest.raises(operations.NothingToDecide):
            operations.decide_explained(line_id=only().id, explanation=explanation, why="encore", by=BY, at=at)

    def test_want_a_reason_a_document_and_its_sum(self, wave, at, tmp_path):
        payment = started(at)
        bring(tmp_path, [line(happened_at=at, amount=990, fee=10)], at=at)
        asked_for = {"line_id": only().id, "by": BY, "at": at}
        with pytest.raises(operations.ReasonMissing):
            operations.decide_match(subject_ref=payment.id, why=" ", **asked_for)
        with pytest.raises(operations.NotItsKind):
            operations.decide_match(subject_ref="pay_nothing", why="vu", **asked_for)
        with pytest.raises(operations.AmountDiffers):
            operations.decide_match(subject_ref=payment.id, why="vu", **asked_for)
        with pytest.raises(operations.NoSuchLine):
            operations.decide_match(line_id="rcl_x", subject_ref=payment.id, why="vu", by=BY, at=at)
        assert (only().state, suspense()) == ("worklist", 1000)


class TestReport:
    def test_names_what_the_difference_is_made_of(self, wave, at, tmp_path):
        missing = paid(at)  # booked, and not in the provider's list
        here = paid(at)
        bring(tmp_path, [line(happened_at=at, client_reference=here.id)], at=at)
        (report,) = queries.reports(day=at.date())
        assert report.difference_minor == 1485
        assert [(one.ref, one.provider_minor, one.ledger_minor) for one in report.lines] == [(missing.id, 0, 1485)]
        assert not report.agrees

    def test_tells_a_line_of_the_next_day(self, wave, at, tmp_path):
        payment = paid(at)
        bring(tmp_path, [line(happened_at=at + timedelta(days=1), client_reference=payment.id)], at=at)
        today, tomorrow = (queries.reports(day=(at + timedelta(days=days)).date())[0] for days in (0, 1))
        assert (today.difference_minor, tomorrow.difference_minor) == (1485, -1485)
        assert [one.ref for one in (*today.lines, *tomorrow.lines)] == [payment.id] * 2


amounts = st.integers(1, 3000)
kinds = st.sampled_from(
    ["api_checkout", "api_checkout_refund", "api_payout", "api_payout_reversal", "merchant_sweep", "mystery"]
)


@st.composite
def statements(draw):
    """Lines of every kind and sign, some naming payments of ours (by number), some twice, some of other sums."""
    return [
        {
            "kind": draw(kinds),
            "gross": draw(st.one_of(st.just(1500), amounts)) * draw(st.sampled_from([1, 1, -1])),
            "fee": draw(st.sampled_from([15, 15, 0, 7])),
            "payment": draw(st.one_of(st.none(), st.integers(0, 2))),
            "phone": draw(st.booleans()),
            "minutes": draw(st.integers(-30, 2000)),
            "is_reversal": draw(st.sampled_from(["", "", "true"])),
        }
        for _ in range(draw(st.integers(1, 12)))
    ]


class TestAnyStatement:
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
    @given(drawn=statements(), states=st.lists(st.sampled_from(["paid", "expired", "open"]), min_size=3, max_size=3))
    def test_ends_in_exactly_one_place_and_the_wallet_follows(self, wave, at, tmp_path, drawn, states):
        check_any(tmp_path, at, drawn, states)


def check_any(folder, at, drawn, states):
    """In a world of its own: what hypothesis did before stays in the books, so sums are taken as they grow."""
    before, run = wallet(), StatementImport.objects.count()
    phone = f"+22177{run:07}"
    payments = [started(at, payer_phone=phone) for _ in states]
    for payment, state in zip(payments, states, strict=True):
        if state != "open":
            outcome = Outcome.SUCCEEDED if state == "paid" else Outcome.EXPIRED
            attempts.apply(payment, attempts.answer(outcome), at=at)
    lines = [
        line(
            1000 * run + number,
            kind=one["kind"],
            amount=one["gross"] - one["fee"],
            fee=one["fee"],
            happened_at=at + timedelta(minutes=one["minutes"]),
            client_reference="" if one["payment"] is None else payments[one["payment"]].id,
            counterparty_mobile=phone if one["phone"] else "",
            is_reversal=one["is_reversal"],
        )
        for number, one in enumerate(drawn)
    ]
    later = at + timedelta(days=3)
    bring(folder, lines, at=later, name=f"any{run}.csv")
    operations.reconcile(provider="wave", market="SN", at=later)

    assert sum(sums().values()) == sum(one.net_minor for one in SettlementLine.objects.all())
    assert not Finding.objects.exclude(todo="").exists()
    proved = set(Finding.objects.filter(side="payment").exclude(subject_ref="").values_list("subject_ref", flat=True))
    missing = [p for p, state in zip(payments, states, strict=True) if state == "paid" and p.id not in proved]
    assert wallet() - before == sum(one["gross"] - one["fee"] for one in drawn) + 1485 * len(missing)
    assert [*ledger_checks.differences()] == []
