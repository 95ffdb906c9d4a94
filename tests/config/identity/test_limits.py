"""Counting attempts: bursts, spread addresses, and what must stay possible meanwhile."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connections

from config.identity import limits
from config.identity.models import AttemptCount

pytestmark = pytest.mark.django_db(databases=["default", "auth"])
HERE = "41.82.10.20"


def tries(count, *, email="awa@example.org", address=HERE, at):
    """How many of so many tries were let through; `address` may be made from the number of the try."""
    passed = 0
    for number in range(count):
        try:
            limits.count_sign_in(email=email, address=address.format(number), at=at)
            passed += 1
        except limits.TooManyAttempts:
            pass
    return passed


class TestCountSignIn:
    def test_stops_one_account_at_one_address(self, at):
        assert tries(50, at=at) == limits.ACCOUNT_AT_ADDRESS_MAX

    def test_stops_one_account_tried_from_everywhere(self, at):
        assert tries(200, address="10.0.0.{}", at=at) == limits.ACCOUNT_MAX

    def test_stops_one_address_that_tries_everybody(self, at):
        passed = sum(tries(1, email=f"reader{number}@example.org", at=at) for number in range(300))
        assert passed == limits.ADDRESS_MAX

    def test_counts_an_ipv6_household_as_one(self, at):
        assert tries(50, address="2001:db8:1:2::{}", at=at) == limits.ACCOUNT_AT_ADDRESS_MAX

    def test_counts_one_account_in_whatever_capitals(self, at):
        spellings = ["awa@example.org", "AWA@EXAMPLE.ORG", " Awa@Example.Org "]
        assert sum(tries(10, email=spelling, at=at) for spelling in spellings) == limits.ACCOUNT_AT_ADDRESS_MAX

    def test_tells_when_to_come_back(self, at):
        tries(limits.ACCOUNT_AT_ADDRESS_MAX, at=at)
        with pytest.raises(limits.TooManyAttempts) as refused:
            limits.count_sign_in(email="awa@example.org", address=HERE, at=at + timedelta(minutes=5))
        assert refused.value.until == at + limits.WINDOW

    def test_opens_again_after_the_window_even_when_somebody_kept_trying(self, at):
        tries(20, at=at)
        tries(20, at=at + timedelta(minutes=14))
        assert tries(1, at=at + limits.WINDOW) == 1

    def test_keeps_no_address_and_no_e_mail(self, at):
        tries(1, at=at)
        kept = " ".join(AttemptCount.objects.values_list("key", flat=True))
        assert "awa" not in kept
        assert "41.82" not in kept


class TestForgiveSignIn:
    def test_never_limits_somebody_who_knows_the_password(self, at):
        for _ in range(200):
            limits.count_sign_in(email="awa@example.org", address=HERE, at=at)
            limits.forgive_sign_in(email="awa@example.org", address=HERE)

    def test_does_not_forgive_the_attacker_of_another_account(self, at):
        tries(50, email="moussa@example.org", at=at)
        limits.count_sign_in(email="awa@example.org", address=HERE, at=at)
        limits.forgive_sign_in(email="awa@example.org", address=HERE)
        assert tries(1, email="moussa@example.org", at=at) == 0


class TestLift:
    def test_opens_the_account_again_at_once(self, at):
        tries(50, address="10.0.0.{}", at=at)
        tries(50, at=at)
        call_command("sign_in_unlock", "awa@example.org", verbosity=0)
        assert tries(1, at=at) == 1


class TestForgetOld:
    def test_keeps_what_still_counts(self, at):
        tries(1, email="old@example.org", address="10.0.0.1", at=at)
        tries(1, email="new@example.org", address="10.0.0.2", at=at + timedelta(minutes=10))
        assert limits.forget_old(at=at + timedelta(minutes=16)) == 3
        assert AttemptCount.objects.count() == 3


@pytest.mark.django_db(databases=["default", "auth"], transaction=True)
class TestABurst:
    def test_lets_no_more_through_than_a_queue(self, at):
        barrier, passed = threading.Barrier(24), []

        def attempt() -> None:
            barrier.wait()
            try:
                limits.count_sign_in(email="awa@example.org", address=HERE, at=at)
                passed.append(True)
            except limits.TooManyAttempts:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=attempt) for _ in range(24)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(passed) == limits.ACCOUNT_AT_ADDRESS_MAX
