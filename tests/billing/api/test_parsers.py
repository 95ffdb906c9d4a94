"""What the API reads as JSON, and what it refuses without falling over."""

import contextlib
import io
import json
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from billing.api.parsers import MAX_BYTES, BodyTooLarge, StrictJSONParser, read_object

REFUSED = {
    "an exponent beyond all numbers": b'{"amount": 1e9999999999999999999}',
    "empty": b"",
    "not JSON": b"{",
    "array": b"[]",
    "null": b"null",
    "text": b'"text"',
    "number": b"1",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a name twice": b'{"a": 1, "a": 2}',
    "a name twice, deeper": b'{"o": [{"a": 1, "a": 2}]}',
    "NUL in a text": b'{"a": "x\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "half a character": b'{"a": "\\ud800"}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "a bracket too many": b'{"a": 1}}',
    "21 deep": b'{"a":' * 21 + b"1" + b"}" * 21,
    "thousands deep": b"[" * 60_000,
    "a number of 5 000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "something after": b'{"a": 1} {"b": 2}',
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


class TestReadObject:
    def test_gives_the_object(self):
        assert read_object('{"name": "Ndèye", "items": [{"n": 1}], "no": null}'.encode()) == {
            "name": "Ndèye",
            "items": [{"n": 1}],
            "no": None,
        }

    def test_keeps_decimals_exact(self):
        assert read_object(b'{"a": 0.1}') == {"a": Decimal("0.1")}

    def test_reads_twenty_levels(self):
        assert read_object(b'{"a":' * 20 + b"1" + b"}" * 20)

    @pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
    def test_refuses(self, body):
        with pytest.raises(ParseError):
            read_object(body)

    def test_says_which_name_is_repeated_in_the_callers_language(self):
        with translation.override("fr"), pytest.raises(ParseError, match='Le nom "amount" est répété'):
            read_object(b'{"amount": 1, "amount": 2}')

    @given(body=st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
    def test_never_fails_otherwise(self, body):
        with contextlib.suppress(ParseError):
            assert isinstance(read_object(body), dict)


class TestStrictJSONParser:
    def test_stops_reading_at_the_cap(self):
        stream = io.BytesIO(b" " * (10 * MAX_BYTES))
        with pytest.raises(BodyTooLarge):
            StrictJSONParser().parse(stream)
        assert stream.tell() == MAX_BYTES + 1
