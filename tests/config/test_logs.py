"""Log lines: no persons, no secrets, one line each."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import logs


def record(message: str, *args: object, exc_info=None, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("coko.test", logging.INFO, __file__, 1, message, args, exc_info)
    vars(made).update(extra)
    return made


class TestMasked:
    @pytest.mark.parametrize(
        "secret",
        [
            "+221771234567",
            "221771234567",
            "00221771234567",
            "77 123 45 67 89",
            "+221 77 123 45 67",
            "77-123-45-67",
            "77.123.45.67",
            "+22670123456",
            "awa.diop+livres@example.org",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl",
            "bearer ck_01234567_abcdefghjkmnpqrstvwxyz0123456789",
            "Basic YXdhOnNlY3JldA==",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "wave_sn_prod_AbCdEf123456",
        ],
    )
    def test_hides(self, secret):
        for text in (secret, f"before {secret} after", f'{{"field": "{secret}"}}', f"a={secret},b"):
            kept = logs.masked(text)
            assert secret not in kept
            assert secret[-8:] not in kept

    @pytest.mark.parametrize("text", ["password=hunter22", "api_key: abcdef", "'token': 'abcdef'", "Cookie: a=abcdef"])
    def test_hides_what_is_called_a_secret(self, text):
        assert "hunter22" not in logs.masked(text)
        assert "abcdef" not in logs.masked(text)

    @pytest.mark.parametrize(
        "text",
        [
            "payment pay_01jf8v0s2nq9e7r5t3x1y8z4ab is succeeded",
            "1500 XOF at 2026-11-03 14:12:45",
            "2026-11-03T14:12:45.123456",
            "status 503 after 12345 ms",
            "route api/v1/payments/<str:payment_ref>/",
        ],
    )
    def test_leaves_what_helps(self, text):
        assert logs.masked(text) == text

    def test_keeps_the_public_part_of_a_key(self):
        assert logs.masked("ck_01234567_" + "a" * 32) == "ck_01234567_[hidden]"

    @given(digits=st.text("0123456789", min_size=9, max_size=12), country=st.sampled_from(["+221", "+225", "+237"]))
    def test_hides_every_number_in_international_form(self, digits, country):
        assert digits not in logs.masked(f"call {country}{digits[:9]} now {digits}")


class TestJsonLine:
    @given(message=st.text(), value=st.text())
    def test_is_always_one_line_of_json(self, message, value):
        line = logs.JsonLine().format(record("%s", message, field=value))
        assert line.splitlines() == [line]
        assert json.loads(line)["logger"] == "coko.test"

    @pytest.mark.parametrize("payload", ["\n", "a\r\nFAKE", "\x1b[2J", "\u2028", "\u202eabc", "\x00", "a\x85b"])
    def test_shows_control_characters_instead_of_obeying_them(self, payload):
        event = json.loads(logs.JsonLine().format(record("%s", payload)))["event"]
        assert not any(ord(character) < 32 or character in "\x85\u2028\u202e" for character in event)

    def test_has_the_extra_fields_as_fields(self):
        line = json.loads(logs.JsonLine().format(record("answered", status=200, payer="+221771234567")))
        assert (line["event"], line["status"], line["payer"]) == ("answered", 200, "[number]")

    def test_names_the_request(self):
        token = logs.request_id.set("abc-12345")
        try:
            assert json.loads(logs.JsonLine().format(record("x")))["request"] == "abc-12345"
        finally:
            logs.request_id.reset(token)

    def test_masks_tracebacks_too(self):
        try:
            raise ValueError("no such number +221771234567")
        except ValueError:
            line = logs.JsonLine().format(record("failed", exc_info=sys.exc_info()))
        assert "ValueError" in json.loads(line)["error"]
        assert "771234567" not in line


class TestReadable:
    def test_keeps_the_lines_of_a_traceback_but_not_of_a_message(self):
        try:
            raise ValueError("two\nlines")
        except ValueError:
            text = logs.Readable().format(record("a\nb", exc_info=sys.exc_info(), amount=5))
        assert "a\\nb amount=5" in text
        assert "\n    ValueError: two" in text


class TestConfiguration:
    @pytest.mark.parametrize(("json_lines", "name"), [(True, "JsonLine"), (False, "Readable")])
    def test_names_a_formatter_that_exists(self, json_lines, name):
        made = logs.configuration(json_lines=json_lines, level="INFO")
        assert made["formatters"]["line"]["()"] == f"config.logs.{name}"
        assert hasattr(logs, name)
