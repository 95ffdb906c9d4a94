"""The envelopes of M1: strict in what they mean, tolerant of how they are dressed."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from providers.moov import soap_wire
from providers.strict_json import NotStrictJson

SAMPLES = Path(__file__).parent / "samples"
MOOV = "{http://api.merchant.tlc.com/}"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


class TestWritten:
    def test_qualifies_the_operation_and_not_its_children(self):
        body = soap_wire.written("getTransactionStatus", {"token": "t", "request": {"transid": "pay_01"}})
        call = fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]
        assert call.tag == f"{MOOV}getTransactionStatus"
        assert [child.tag for child in call.iter()][1:] == ["token", "request", "transid"]
        assert call.find("request/transid").text == "pay_01"

    def test_says_the_encoding_it_has(self):
        assert soap_wire.written("Push", {"message": "É"}).startswith(b'<?xml version="1.0" encoding="UTF-8"?>')

    @given(text=st.text(max_size=80))
    def test_carries_any_text_and_makes_no_markup_of_it(self, text):
        body = soap_wire.written("Push", {"message": text, "amount": "1500"})
        call = fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]
        assert [child.tag for child in call] == ["message", "amount"]
        expected = "".join(letter for letter in text if letter.isprintable()).replace(" ", "")
        carried = "".join(letter for letter in call.find("message").text or "" if letter.isprintable())
        assert carried.replace(" ", "") == expected


class TestRead:
    def test_reads_the_fields_of_a_result(self):
        assert soap_wire.read(sample("m1_push_paid.xml")) == {
            "operation": "PushWithPendingResponse",
            "result": {
                "description": "SUCCESS",
                "referenceid": "0020190503000001",
                "status": "0",
                "transid": "pay_01",
            },
        }

    @pytest.mark.parametrize("name", ["m1_status_prolog_utf16.xml", "m1_status_other_prefixes.xml"])
    def test_minds_neither_a_wrong_prolog_nor_prefixes(self, name):
        read = soap_wire.read(sample(name))
        assert read["operation"] == "getTransactionStatusResponse"
        assert read["result"]["referenceid"] == "020190503000000"

    def test_reads_what_really_is_utf_16(self):
        text = sample("m1_status_prolog_utf16.xml").decode()
        assert soap_wire.read(text.encode("utf-16")) == soap_wire.read(text.encode())

    def test_reads_empty_elements_as_nothing(self):
        assert soap_wire.read(sample("m1_transfer.xml"))["result"]["senderkeycost"] == ""

    @pytest.mark.parametrize(
        ("name", "code"), [("m1_fault.xml", "soap:Server"), ("m1_fault_of_ours.xml", "soap:Client")]
    )
    def test_tells_a_fault(self, name, code):
        assert soap_wire.fault_code(soap_wire.read(sample(name))) == code

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html/>",
            b"not xml",
            b"<a",
            b"\xff\xfe<",
            b"\x80<x/>",
            b'<S:Envelope xmlns:S="x"/>',
            b'<S:Envelope xmlns:S="x"><S:Body/></S:Envelope>',
            b'<S:Envelope xmlns:S="x"><S:Body><R/></S:Body></S:Envelope>',
            b'<S:Envelope xmlns:S="x"><S:Body><R><result/><result/></R></S:Body></S:Envelope>',
            b'<S:Envelope xmlns:S="x"><S:Body><R><result><a/><a/></result></R></S:Body></S:Envelope>',
        ],
        ids=repr,
    )
    def test_refuses_what_is_no_answer(self, body):
        with pytest.raises(NotStrictJson):
            soap_wire.read(body)

    @pytest.mark.parametrize(
        "declaration",
        [
            '<!DOCTYPE a [<!ENTITY b "c">]>',
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">',
        ],
    )
    def test_expands_and_fetches_nothing(self, declaration):
        text = sample("m1_push_paid.xml").decode().replace("SUCCESS", "&b;")
        prolog, _, rest = text.partition("\n")
        with pytest.raises(NotStrictJson):
            soap_wire.read(f"{prolog}\n{declaration}{rest}".encode())

    @given(body=st.binary(max_size=200))
    def test_never_breaks_on_bytes(self, body):
        try:
            soap_wire.read(body)
        except NotStrictJson:
            return
