"""The sign-in page, the way home, and what a stranger can learn or do there."""

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from config.identity import limits, operations
from config.identity.models import AuditEvent
from tests.factories import identity

pytestmark = pytest.mark.django_db(databases=["default", "auth"])


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed: the work that makes an answer slow."""

    algorithm = "counting"
    count = 0

    def encode(self, password, salt):
        CountingHasher.count += 1
        return super().encode(password, salt)


def enter(client, who, password=identity.PASSWORD, **more):
    return client.post("/sign-in/", {"email": who.email, "password": password, **more})


class TestSignIn:
    def test_leads_home(self, client):
        answer = enter(client, identity.person())
        assert (answer.status_code, answer["Location"]) == (302, "/home/")

    def test_says_the_same_to_everybody_it_refuses(self, client, at):
        who, closed = identity.person(), identity.person()
        operations.set_active(user_ref=closed.id, active=False, actor_ref="", at=at)
        pages = []
        for email, password in [
            (who.email, "wrong"),
            ("nobody@example.org", "wrong"),
            (closed.email, identity.PASSWORD),
        ]:
            answer = client.post("/sign-in/", {"email": email, "password": password})
            assert answer.status_code == 400
            token = client.cookies["csrftoken"].value
            pages.append(answer.content.decode().replace(email, "…").replace(token, "…"))
        assert len({len(page) for page in pages}) == 1

    def test_works_as_hard_for_an_unknown_address(self, client, settings):
        settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
        who = identity.person()
        counts = []
        for email in (who.email, "nobody@example.org"):
            CountingHasher.count = 0
            client.post("/sign-in/", {"email": email, "password": "wrong"})
            counts.append(CountingHasher.count)
        assert counts[0] == counts[1] > 0

    @pytest.mark.parametrize(
        "wanted",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            "evil.example",
            "/\t/evil.example",
            "\x00/evil",
            "https:///evil.example",
            "/\n/evil.example",
        ],
    )
    def test_never_leads_to_another_site(self, client, wanted):
        answer = enter(client, identity.person(), next=wanted)
        assert answer["Location"] == "/home/"

    @pytest.mark.parametrize("wanted", ["/author/statements/stm_1/", "/library/?page=2"])
    def test_leads_where_the_visitor_was_going(self, client, wanted):
        assert enter(client, identity.person(), next=wanted)["Location"] == wanted

    def test_refuses_a_form_without_its_token(self):
        who = identity.person()
        answer = enter(Client(enforce_csrf_checks=True), who)
        assert answer.status_code == 403
        assert "n’est plus valable" in answer.content.decode()

    @pytest.mark.parametrize("form", [{}, {"email": "no address", "password": "x"}, {"email": "a@example.org"}])
    def test_names_what_is_missing(self, client, form):
        answer = client.post("/sign-in/", form)
        assert answer.status_code == 400
        assert 'class="error"' in answer.content.decode()

    def test_gives_the_session_a_new_id(self, client):
        client.get("/sign-in/")
        enter(client, identity.person())
        first = client.cookies["sessionid"].value
        client.post("/sign-out/")
        enter(client, identity.person())
        assert client.cookies["sessionid"].value != first

    def test_refuses_even_the_right_password_when_tried_too_often(self, client):
        who = identity.person()
        for _ in range(limits.ACCOUNT_AT_ADDRESS_MAX):
            enter(client, who, "wrong")
        answer = enter(client, who)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0

    def test_says_the_same_of_accounts_that_do_not_exist_when_tried_too_often(self, client):
        for _ in range(limits.ACCOUNT_AT_ADDRESS_MAX + 1):
            answer = client.post("/sign-in/", {"email": "nobody@example.org", "password": "x"})
        assert answer.status_code == 429

    def test_leaves_an_open_session_open_while_somebody_attacks_the_account(self, client):
        who = identity.person()
        enter(client, who)
        stranger = Client(REMOTE_ADDR="6.6.6.6")
        for _ in range(50):
            enter(stranger, who, "wrong")
        assert client.get("/home/")["Location"] == "/library/"

    def test_is_not_fooled_by_forged_forwarding_headers(self, client):
        who = identity.person()
        statuses = [
            client.post(
                "/sign-in/", {"email": who.email, "password": "wrong"}, headers={"X-Forwarded-For": f"9.9.9.{number}"}
            ).status_code
            for number in range(20)
        ]
        assert statuses.count(400) == limits.ACCOUNT_AT_ADDRESS_MAX

    def test_is_recorded_with_half_an_address(self, client):
        who = identity.person()
        enter(client, who, "wrong")
        enter(client, who)
        kept = AuditEvent.objects.filter(subject_ref=who.id).values_list("action", "address_masked").order_by("id")
        assert set(kept) >= {("sign_in_refused", "127.0.x.x"), ("signed_in", "127.0.x.x")}


class TestHome:
    @pytest.mark.parametrize(
        ("roles", "address"),
        [
            (("reader",), "/library/"),
            (("author",), "/author/"),
            (("finance",), "/finance/"),
            (("operator",), "/finance/"),
            (("author", "finance"), "/finance/"),
            ((), "/library/"),
        ],
    )
    def test_is_where_the_role_works(self, client, roles, address):
        enter(client, identity.person(roles=roles))
        assert client.get("/home/")["Location"] == address

    def test_asks_a_stranger_to_sign_in(self, client):
        assert client.get("/home/")["Location"] == "/sign-in/?next=/home/"


class TestSignOut:
    def test_ends_the_session(self, client):
        enter(client, identity.person())
        assert client.post("/sign-out/").status_code == 302
        assert client.get("/home/")["Location"].startswith("/sign-in/")

    def test_is_not_done_by_following_a_link(self, client):
        assert client.get("/sign-out/").status_code == 405


class TestSessions:
    def test_end_with_the_token_version(self, client, at):
        who = identity.person()
        enter(client, who)
        operations.end_sessions(user_ref=who.id, actor_ref="", at=at)
        assert client.get("/home/")["Location"].startswith("/sign-in/")


class TestLanguage:
    def test_is_switched_by_the_form_in_the_header(self, client):
        client.post("/language/", {"language": "en", "next": "/sign-in/"})
        assert '<html lang="en"' in client.get("/sign-in/").content.decode()

    def test_never_leads_to_another_site(self, client):
        answer = client.post("/language/", {"language": "en", "next": "https://evil.example/"})
        assert "evil" not in answer["Location"]

    def test_becomes_the_users_own_at_sign_in(self, client):
        enter(client, identity.person(language="en"))
        assert client.cookies["django_language"].value == "en"
