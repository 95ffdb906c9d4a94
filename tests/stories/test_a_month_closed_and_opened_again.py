"""Finance closes a month; a charge turns up; one person asks to open it again, another does; the books agree."""

import html
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.ledger.draft import EntryDraft, WhenClosed, credit, debit
from royalties import periods
from tests.factories import identity
from tests.factories.ledger import account, draft, sale

pytestmark = pytest.mark.django_db(databases=["default", "auth"])

PERIOD = periods.last(2, until=periods.of(timezone.now()))[0]
SINCE, UNTIL = periods.bounds(PERIOD)
IN_THE_MONTH = SINCE + timedelta(days=10)
PAGE = f"/finance/periods/coko-sn/{PERIOD}/"


def signed_in(role: str) -> Client:
    person = identity.person(email=f"{role}@example.org", roles=(role,))
    browser = Client()
    assert browser.login(username=person.email, password=identity.PASSWORD)
    return browser


def bank_charge(key: str, **changed: object) -> EntryDraft:
    made = draft([debit(account("6318"), 250), credit(account("521"), 250)], key=key, happened_at=IN_THE_MONTH)
    return EntryDraft(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, **changed})


def charges_of_the_month() -> int:
    rows = ledger.trial_balance(entity="coko-sn", since=SINCE, until=UNTIL, codes=("6318",))
    return sum(row.debit_minor for row in rows)


class TestAMonth:
    def test_is_closed_and_opened_again_by_two_people(self):
        operations.post(draft=sale(happened_at=IN_THE_MONTH), at=IN_THE_MONTH)
        efua, yaw = signed_in("finance"), signed_in("operator")
        self.finance_closes_it(efua)
        self.a_charge_of_that_month_is_refused_and_money_counts_later()
        self.one_person_asks_and_cannot_do_it_alone(efua)
        self.another_opens_it(yaw)
        self.the_charge_goes_where_it_belongs()
        self.finance_closes_it(efua)
        self.the_page_tells_the_whole_story(efua)
        self.the_books_agree(efua)

    def finance_closes_it(self, efua: Client) -> None:
        for action in ("start-closing", "close"):
            assert efua.post(f"{PAGE}{action}/").status_code == 303
        assert "Ce mois est clos" in efua.get(PAGE).content.decode()

    def a_charge_of_that_month_is_refused_and_money_counts_later(self) -> None:
        now = timezone.now()
        with pytest.raises(operations.PeriodClosed):
            operations.post(draft=bank_charge("charge"), at=now)
        late = operations.post(draft=bank_charge("late", when_closed=WhenClosed.COUNT_LATER), at=now)
        assert (late.late_from, late.happened_at >= UNTIL) == (IN_THE_MONTH, True)
        assert charges_of_the_month() == 0

    def one_person_asks_and_cannot_do_it_alone(self, efua: Client) -> None:
        efua.post(f"{PAGE}ask-reopening/", {"reason": "Frais bancaires oubliés"})
        efua.post(f"{PAGE}reopen/")
        assert "Ce mois est clos" in efua.get(PAGE).content.decode()

    def another_opens_it(self, yaw: Client) -> None:
        assert "Frais bancaires oubliés" in yaw.get(PAGE).content.decode()
        yaw.post(f"{PAGE}reopen/")
        assert "Ce mois est ouvert" in yaw.get(PAGE).content.decode()

    def the_charge_goes_where_it_belongs(self) -> None:
        operations.post(draft=bank_charge("charge"), at=timezone.now())
        assert charges_of_the_month() == 250

    def the_page_tells_the_whole_story(self, efua: Client) -> None:
        page = html.unescape(efua.get(PAGE).content.decode())
        told = ["Clôture commencée", "Mois clos", "Réouverture demandée", "Mois rouvert", "Clôture commencée"]
        places = [page.index(told[0])]
        for step in told[1:]:
            places.append(page.index(step, places[-1] + 1))
        assert places == sorted(places)

    def the_books_agree(self, efua: Client) -> None:
        page = efua.get(f"/finance/books/?entity=coko-sn&from={PERIOD}").content.decode()
        assert "6318" in page
        said = StringIO()
        call_command("ledger_verify", stdout=said)
        assert "agree" in said.getvalue()
