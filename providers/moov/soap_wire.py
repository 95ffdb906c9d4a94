"""M1's SOAP 1.1, written and read. Pure.

Operation elements stand in Moov's namespace, their children in none. Requests are UTF-8 and say so. Answers are read
whatever prefixes they use; their prolog is ignored, since it may name an encoding the bytes do not have.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from providers.strict_json import NotStrictJson

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_MOOV = "http://api.merchant.tlc.com/"
_RESULTS = ("result", "response", "return")
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*\?>")
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Fields = Mapping[str, "str | Mapping[str, str]"]


def written(operation: str, fields: Fields) -> bytes:
    """One call. Fields keep their order, which old SOAP servers insist on."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:api="{_MOOV}"><soapenv:Header/><soapenv:Body>'
        f"<api:{operation}>{_children(fields)}</api:{operation}>"
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def read(data: bytes) -> dict[str, Any]:
    """`{"operation": "PushResponse", "result": {…}}`, or `{"fault": {"faultcode": …, "faultstring": …}}`.

    :raises NotStrictJson: it is no such envelope; the HTTP client's word for a body that cannot be read.
    """
    body = _child(_parsed(data), "Body")
    if body is None or len(body) != 1:
        raise NotStrictJson("no SOAP body with one element")
    told = body[0]
    if _name(told) == "Fault":
        return {"fault": _texts(told)}
    found = [child for child in told if _name(child) in _RESULTS]
    if len(found) != 1:
        raise NotStrictJson(f"{_name(told)} without one result")
    return {"operation": _name(told), "result": _texts(found[0])}


def fault_code(document: Any) -> str:
    """`soap:Server`; empty when it is no fault."""
    fault = document.get("fault") if isinstance(document, dict) else None
    return str(fault.get("faultcode", "")) if isinstance(fault, dict) else ""


def _children(fields: Fields) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in fields.items())


def _content(value: "str | Mapping[str, str]") -> str:
    return escape(_UNWRITABLE.sub("", value)) if isinstance(value, str) else _children(value)


def _parsed(data: bytes) -> Element:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        document: Element = fromstring(_PROLOG.sub("", text, count=1), forbid_dtd=True)
    except (UnicodeDecodeError, ParseError, DefusedXmlException, ValueError) as error:
        raise NotStrictJson(type(error).__name__) from None
    if _name(document) != "Envelope":
        raise NotStrictJson("no SOAP envelope")
    return document


def _texts(element: Element) -> dict[str, str]:
    """The text of each child.

    :raises NotStrictJson: a child given twice has two meanings.
    """
    texts = {_name(child): (child.text or "").strip() for child in element}
    if len(texts) != len(element):
        raise NotStrictJson("an element is given twice")
    return texts


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _name(child) == name), None)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
