"""Token families and the two token addresses."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from config.identity import limits, operations, tasks, tokens
from config.identity.models import AuditEvent, TokenFamily
from tests.factories import identity

pytestmark = pytest.mark.django_db(databases=["default", "auth"])
JSON = "application/json"


class TestRotate:
    def test_gives_a_next_pair(self):
        first = tokens.start(user_ref=identity.person().id, at=timezone.now())
        second = tokens.rotate(refresh=first.refresh, at=timezone.now())
        assert second.refresh != first.refresh
        assert tokens.rotate(refresh=second.refresh, at=timezone.now())

    def test_ends_the_whole_family_at_a_replay(self):
        first = tokens.start(user_ref=identity.person().id, at=timezone.now())
        second = tokens.rotate(refresh=first.refresh, at=timezone.now())
        with pytest.raises(tokens.TokenReplayed):
            tokens.rotate(refresh=first.refresh, at=timezone.now())
        with pytest.raises(tokens.TokenRefused):
            tokens.rotate(refresh=second.refresh, at=timezone.now())
        assert tokens.owner(tokens.AccessToken(second.access)) is None

    def test_leaves_other_sign_ins_of_the_same_person_alone(self):
        who = identity.person()
        stolen, other = (tokens.start(user_ref=who.id, at=timezone.now()) for _ in range(2))
        tokens.rotate(refresh=stolen.refresh, at=timezone.now())
        with pytest.raises(tokens.TokenReplayed):
            tokens.rotate(refresh=stolen.refresh, at=timezone.now())
        assert tokens.rotate(refresh=other.refresh, at=timezone.now())

    @pytest.mark.parametrize("given", ["", "abc", "a.b.c"])
    def test_refuses_what_is_no_refresh_token(self, given):
        with pytest.raises(tokens.TokenRefused):
            tokens.rotate(refresh=given, at=timezone.now())

    def test_refuses_an_access_token(self):
        pair = tokens.start(user_ref=identity.person().id, at=timezone.now())
        with pytest.raises(tokens.TokenRefused):
            tokens.rotate(refresh=pair.access, at=timezone.now())


@pytest.mark.django_db(databases=["default", "auth"], transaction=True)
class TestRotateAtTheSameInstant:
    def test_lets_one_through_and_ends_the_family(self):
        pair = tokens.start(user_ref=identity.person().id, at=timezone.now())
        barrier, results = threading.Barrier(6), []

        def use() -> None:
            barrier.wait()
            try:
                tokens.rotate(refresh=pair.refresh, at=timezone.now())
                results.append("rotated")
            except (tokens.TokenReplayed, tokens.TokenRefused) as refused:
                results.append(type(refused).__name__)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=use) for _ in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sorted(results) == ["TokenRefused"] * 4 + ["TokenReplayed", "rotated"]
        assert TokenFamily.objects.get().revoked_at


class TestForgetExpired:
    def test_removes_families_whose_time_is_over(self, at):
        tokens.start(user_ref=identity.person().id, at=at)
        assert tokens.forget_expired(at=at + timedelta(hours=23)) == 0
        assert tokens.forget_expired(at=at + timedelta(hours=25)) == 1


class TestTokenView:
    def test_gives_a_pair_that_is_kept_nowhere(self, client):
        who = identity.person()
        answer = client.post("/api/v1/token/", {"email": who.email, "password": identity.PASSWORD}, JSON)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access", "refresh"}
        assert "no-store" in answer["Cache-Control"]

    def test_says_the_same_for_a_wrong_password_and_an_unknown_address(self, client, at):
        who, closed = identity.person(), identity.person()
        operations.set_active(user_ref=closed.id, active=False, actor_ref="", at=at)
        answers = [
            client.post("/api/v1/token/", {"email": email, "password": password}, JSON)
            for email, password in [
                (who.email, "wrong"),
                ("nobody@example.org", "wrong"),
                (closed.email, identity.PASSWORD),
            ]
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "a@example.org"}, "password"),
            ({"password": "x"}, "email"),
            ({"email": "not an address", "password": "x"}, "email"),
            ({"email": ["a@example.org"], "password": "x"}, "email"),
            ({"email": "a@example.org", "password": "x" * 1_001}, "password"),
        ],
    )
    def test_names_the_bad_field(self, client, body, field):
        answer = client.post("/api/v1/token/", body, JSON)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]


class TestRefreshView:
    def test_gives_the_next_pair_once(self, client):
        pair = tokens.start(user_ref=identity.person().id, at=timezone.now())
        first = client.post("/api/v1/token/refresh/", {"refresh": pair.refresh}, JSON)
        second = client.post("/api/v1/token/refresh/", {"refresh": pair.refresh}, JSON)
        assert (first.status_code, second.status_code) == (200, 401)
        assert AuditEvent.objects.filter(action="token_replayed").count() == 1

    def test_refuses_nonsense(self, client):
        assert client.post("/api/v1/token/refresh/", {"refresh": "x"}, JSON).status_code == 401


class TestLimits:
    def test_hold_for_tokens_too_and_say_when_to_come_back(self, client):
        who = identity.person()
        for _ in range(limits.ACCOUNT_AT_ADDRESS_MAX + 1):
            answer = client.post("/api/v1/token/", {"email": who.email, "password": "wrong"}, JSON)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 800

    def test_are_shared_with_the_sign_in_page(self, client):
        who = identity.person()
        for _ in range(limits.ACCOUNT_AT_ADDRESS_MAX):
            client.post("/sign-in/", {"email": who.email, "password": "wrong"})
        answer = client.post("/api/v1/token/", {"email": who.email, "password": identity.PASSWORD}, JSON)
        assert answer.status_code == 429

    def test_hold_for_refreshing(self, client, monkeypatch):
        monkeypatch.setattr(limits, "REFRESH_MAX", 3)
        statuses = [client.post("/api/v1/token/refresh/", {"refresh": "x"}, JSON).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]


class TestForgetExpiredTask:
    def test_leaves_what_is_still_good(self):
        pair = tokens.start(user_ref=identity.person().id, at=timezone.now())
        tokens.start(user_ref=identity.person().id, at=timezone.now() - timedelta(days=2))
        tasks.forget_expired()
        assert TokenFamily.objects.count() == 1
        assert tokens.rotate(refresh=pair.refresh, at=timezone.now())
