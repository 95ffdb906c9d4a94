"""Closing months from pages and from the shell: who may, what the ledger refuses, and who is remembered."""

import html
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from billing.ledger import operations
from billing.ledger import queries as ledger
from billing.references import operations as references
from billing.web import months
from sync.facts import EventFact
from tests.factories import identity
from tests.factories.ledger import draft, posted

pytestmark = pytest.mark.django_db(databases=["default", "auth"])


def first_of(day: date) -> date:
    return day.replace(day=1)


THIS = first_of(timezone.localdate())
LAST = first_of(THIS - timedelta(days=1))
BEFORE = first_of(LAST - timedelta(days=1))


def address(month: date, action: str = "") -> str:
    return f"/finance/periods/coko-sn/{month:%Y-%m}/" + (f"{action}/" if action else "")


def known(person) -> None:
    """As if identity had told billing."""
    payload = {"id": person.id, "name": person.name, "email": person.email, "language": "fr"}
    references.apply_event(EventFact(f"evt_{person.id}", "identity.user", person.id, payload, timezone.now()))


def signed_in(name: str, *roles: str) -> Client:
    person = identity.person(email=f"{name}@example.org", name=f"{name.title()} (démo)", roles=roles)
    known(person)
    browser = Client(enforce_csrf_checks=False)
    assert browser.login(username=person.email, password=identity.PASSWORD)
    return browser


def text_of(browser: Client, place: str) -> str:
    answered = browser.get(place)
    assert answered.status_code == 200
    return html.unescape(answered.content.decode())


def ask(browser: Client, month: date, action: str, **data: str) -> str:
    """Send the form and read the page it leads to."""
    sent = browser.post(address(month, action), data)
    assert (sent.status_code, sent["Location"]) == (303, address(month))
    return text_of(browser, sent["Location"])


def state(month: date) -> str:
    start = timezone.make_aware(datetime.combine(month, datetime.min.time()))
    return months.of("coko-sn", start, at=timezone.now()).state


@pytest.fixture(autouse=True)
def _an_entry() -> None:
    at = datetime.combine(BEFORE, datetime.min.time(), tzinfo=UTC) + timedelta(days=3)
    operations.post(draft=draft(happened_at=at), at=at)


@pytest.fixture
def efua() -> Client:
    return signed_in("efua", "finance")


@pytest.fixture
def yaw() -> Client:
    return signed_in("yaw", "operator")


class TestAccess:
    def test_is_for_who_may_see_and_close(self, efua):
        for place in ("/finance/periods/", address(LAST)):
            assert Client().get(place).status_code == 302
            assert signed_in(f"ama{len(place)}", "reader").get(place).status_code == 403
            assert efua.get(place).status_code == 200
        assert efua.get(address(LAST, "close")).status_code == 405
        assert signed_in("kofi", "author").post(address(LAST, "start-closing")).status_code == 403
        assert state(LAST) == "open"

    def test_seeing_the_books_is_not_closing_them(self, efua):
        from config.identity.models import User

        person = User.objects.get(email="efua@example.org")
        person.groups.get().permissions.filter(codename="close_books").get().group_set.clear()
        assert "demande un autre droit" in text_of(efua, address(LAST))
        assert efua.post(address(LAST, "start-closing")).status_code == 403

    def test_a_form_from_elsewhere_changes_nothing(self, efua):
        strict = Client(enforce_csrf_checks=True)
        assert strict.login(username="efua@example.org", password=identity.PASSWORD)
        assert strict.post(address(LAST, "start-closing")).status_code == 403
        assert state(LAST) == "open"

    @pytest.mark.parametrize(
        "place",
        [
            "/finance/periods/nobody/2026-01/",
            "/finance/periods/coko-sn/2026-13/",
            "/finance/periods/coko-sn/2026-1/",
            "/finance/periods/coko-sn/2099-01/",
        ],
    )
    def test_is_404_for_what_there_is_not(self, efua, place):
        assert efua.get(place).status_code == 404
        assert efua.post(f"{place}close/").status_code == 404
        assert efua.post(address(LAST, "burn")).status_code == 404


class TestClosing:
    def test_goes_from_open_to_closed_and_remembers_who(self, efua):
        assert "La clôture a commencé" in ask(efua, LAST, "start-closing")
        page = ask(efua, LAST, "close")
        assert "Le mois est clos" in page
        assert page.count("Efua (démo)") >= 2
        assert state(LAST) == "closed"
        start = timezone.make_aware(datetime.combine(LAST, datetime.min.time()))
        events = ledger.period_events(entity="coko-sn", starts_at=start)
        assert [event.event for event in events] == ["closing", "closed"]
        assert {event.by[:4] for event in events} == {"usr_"}

    def test_can_be_given_up_with_a_reason_and_begun_again(self, efua):
        ask(efua, LAST, "start-closing")
        assert "Dites pourquoi" in ask(efua, LAST, "withdraw", reason="  ")
        assert state(LAST) == "closing"
        page = ask(efua, LAST, "withdraw", reason="Facture <b>oubliée</b>")
        assert "de nouveau ouvert" in page
        assert "Commencer la clôture" in page
        assert ledger.open_from(entity="coko-sn") is None
        assert b"<b>" not in efua.get(address(LAST)).content
        assert "La clôture a commencé" in ask(efua, BEFORE, "start-closing")

    def test_refuses_in_sentences(self, efua):
        assert "Ce mois n’est pas fini" in ask(efua, THIS, "start-closing")
        assert "Ce n’est pas le tour de ce mois" in ask(efua, LAST, "close")
        assert (state(THIS), state(LAST)) == ("open", "open")

    def test_offers_what_the_ledger_will_take_and_nothing_else(self, efua):
        for month in (BEFORE, LAST):
            for action in ("start-closing", "close"):
                assert address(month, action) in text_of(efua, address(month))
                ask(efua, month, action)
        assert 'action="/finance/periods/coko-sn' not in text_of(efua, address(BEFORE))
        assert address(LAST, "ask-reopening") in text_of(efua, address(LAST))
        assert "start-closing" not in text_of(efua, address(THIS))
        overview = text_of(efua, "/finance/periods/")
        assert overview.count("✓ clos") == 2

    def test_closes_with_a_month_everything_before_it(self, efua):
        ask(efua, LAST, "start-closing")
        ask(efua, LAST, "close")
        assert "Clos avec le premier mois" in text_of(efua, address(BEFORE))


class TestReopening:
    @pytest.fixture(autouse=True)
    def _closed(self, efua) -> None:
        ask(efua, LAST, "start-closing")
        ask(efua, LAST, "close")

    def test_takes_a_reason_and_a_second_person(self, efua, yaw):
        assert "Dites pourquoi" in ask(efua, LAST, "ask-reopening")
        assert "une autre personne doit rouvrir" in ask(efua, LAST, "ask-reopening", reason="Frais en double")
        assert "Une personne demande la réouverture, une autre rouvre" in ask(efua, LAST, "reopen")
        assert state(LAST) == "closed"
        assert address(LAST, "reopen") not in text_of(efua, address(LAST))
        page = text_of(yaw, address(LAST))
        assert "Frais en double" in page
        assert address(LAST, "reopen") in page
        assert "Le mois est rouvert" in ask(yaw, LAST, "reopen")
        assert state(LAST) == "open"


class TestCommand:
    def move(self, action: str, month: date = LAST, **options: str) -> str:
        said = StringIO()
        arguments = [f"--{name}={value}" for name, value in options.items()]
        call_command("ledger_period", action, "coko-sn", f"{month:%Y-%m}", *arguments, stdout=said)
        return said.getvalue()

    def status(self, *arguments: str, **options: str) -> int:
        with pytest.raises(CommandError) as refused:
            self.move(*arguments, **options)
        return refused.value.returncode

    def test_closes_and_opens_again_with_two_people(self, efua, yaw):
        self.move("start-closing", by="EFUA@example.org")
        assert f"{LAST:%Y-%m}: closed" in self.move("close", by="efua@example.org")
        assert self.status("ask-reopening", by="efua@example.org") == 1
        self.move("ask-reopening", by="efua@example.org", reason="Frais en double")
        assert self.status("reopen", by="efua@example.org") == 1
        assert f"{LAST:%Y-%m}: open" in self.move("reopen", by="yaw@example.org")
        told = self.move("show")
        assert "reopened by Yaw (démo): Frais en double" in told

    def test_says_2_to_wrong_arguments(self, efua):
        posted()
        assert self.status("close") == 2
        assert self.status("close", by="nobody@example.org") == 2
        with pytest.raises(CommandError) as refused:
            call_command("ledger_period", "show", "coko-sn", "2026-13")
        assert refused.value.returncode == 2
