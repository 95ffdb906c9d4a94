"""Result codes by (variant, operation, code): the same figure means different things."""

import re
from pathlib import Path

import pytest

from providers.contract import FailureReason, Outcome
from providers.errors import CredentialsRefused, OutcomeUnknown
from providers.moov import codes
from providers.moov.codes import GATEWAY, M1, Operation

R = FailureReason


class TestTheSameFigure:
    @pytest.mark.parametrize(
        ("code", "on_m1", "on_the_gateways"),
        [("11", R.AMOUNT_OUT_OF_RANGE, R.PAYER_NOT_FOUND), ("12", R.AMOUNT_OUT_OF_RANGE, R.UNSPECIFIED)],
    )
    def test_means_another_thing_on_another_platform(self, code, on_m1, on_the_gateways):
        assert M1[Operation.PUSH, code].failure is on_m1
        assert GATEWAY[Operation.PUSH, code].failure is on_the_gateways

    def test_fifteen_is_a_cap_there_and_patience_here(self):
        assert M1[Operation.PUSH, "15"].failure is R.PAYER_LIMIT_REACHED
        assert GATEWAY[Operation.PUSH, "15"] == codes.PENDING

    def test_zero_is_paid_only_as_an_answer_to_a_question_on_the_gateways(self):
        assert M1[Operation.PUSH, "0"].outcome is Outcome.SUCCEEDED
        assert GATEWAY[Operation.PUSH, "0"].outcome is Outcome.PENDING
        assert GATEWAY[Operation.SEND_CODE, "0"].outcome is Outcome.PENDING
        assert GATEWAY[Operation.STATUS, "0"].outcome is Outcome.SUCCEEDED

    def test_blames_whoever_is_meant_in_that_direction(self):
        assert M1[Operation.PUSH, "10"].failure is R.PAYER_INSUFFICIENT_FUNDS
        assert M1[Operation.TRANSFER, "10"].failure is R.MERCHANT_INSUFFICIENT_FUNDS
        assert M1[Operation.PUSH, "555"].failure is R.PAYER_NOT_FOUND
        assert M1[Operation.TRANSFER, "555"].failure is R.PAYEE_NOT_FOUND

    def test_twelve_of_a_code_leaves_the_payer_another(self):
        meaning = GATEWAY[Operation.CONFIRM, "12"]
        assert (meaning.outcome, meaning.failure) == (Outcome.PENDING, R.AUTH_CODE_INVALID)


class TestWordsThatAreNoneOnTheMoney:
    @pytest.mark.parametrize("operation", [Operation.PUSH, Operation.STATUS, Operation.TRANSFER])
    def test_are_faults(self, operation):
        assert M1[operation, "98"].fault is CredentialsRefused
        assert M1[operation, "99"].fault is M1[operation, "-1"].fault is OutcomeUnknown
        assert GATEWAY[operation, "401"].fault is CredentialsRefused
        assert GATEWAY[operation, "500"].fault is OutcomeUnknown

    @pytest.mark.parametrize("code", ["1", "2", "4", "91"])
    def test_a_refused_question_ends_no_payment(self, code):
        assert M1[Operation.PUSH, code].outcome is Outcome.FAILED
        assert M1[Operation.STATUS, code].fault is OutcomeUnknown

    def test_never_heard_of_is_no_failure(self):
        assert M1[Operation.STATUS, "94"].outcome is Outcome.NOT_FOUND
        assert GATEWAY[Operation.STATUS, "11"].outcome is Outcome.NOT_FOUND
        assert M1[Operation.PUSH, "94"].fault is OutcomeUnknown

    def test_every_stated_failure_has_a_reason(self):
        for table in (M1, GATEWAY):
            for key, meaning in table.items():
                assert (meaning.outcome is not Outcome.FAILED) or meaning.failure, key

    def test_a_status_is_asked_in_as_many_words_as_a_push_is_answered(self):
        collected = {code for operation, code in M1 if operation is Operation.PUSH}
        assert collected == {code for operation, code in M1 if operation is Operation.STATUS}


class TestOverridden:
    def test_reads_an_installation_s_own_words(self):
        table = codes.overridden(M1, "push:91=payer_not_approved, 101=payer_limit_reached,status:94=pending")
        assert table[Operation.PUSH, "91"].failure is R.PAYER_NOT_APPROVED
        assert table[Operation.STATUS, "91"] == M1[Operation.STATUS, "91"]
        assert table[Operation.STATUS, "101"].failure is R.PAYER_LIMIT_REACHED
        assert table[Operation.TRANSFER, "101"].failure is R.PAYER_LIMIT_REACHED
        assert table[Operation.STATUS, "94"] == codes.PENDING

    def test_reads_the_shifted_block_as_the_readme_writes_it(self):
        readme = (Path(codes.__file__).parent / "README.md").read_text()
        (text,) = re.findall(r"`CODES=(\S+)`", readme)
        table = codes.overridden(M1, text)
        assert table[Operation.STATUS, "91"].failure is R.PAYER_NOT_APPROVED
        assert table[Operation.STATUS, "94"].outcome is Outcome.NOT_FOUND
        assert table[Operation.STATUS, "95"].fault is CredentialsRefused

    def test_changes_nothing_when_there_are_none(self):
        assert codes.overridden(M1, "") == M1

    @pytest.mark.parametrize("text", ["91=perhaps", "91", "pull:91=pending"])
    def test_refuses_words_that_do_not_exist(self, text):
        with pytest.raises(ValueError, match=r"is no meaning|is not a valid"):
            codes.overridden(M1, text)
