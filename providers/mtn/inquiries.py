"""Questions to MTN whose answer may be that it knows of no such thing."""

from typing import Any
from urllib.parse import quote

from providers.errors import CredentialsRefused, RequestRefused
from providers.mtn import holders, mandates, reasons, wire
from providers.mtn.line import Line


def document(line: Line, operation: str, path: str, reference: str) -> Any:
    """The document, or None when MTN knows of no such request (yet)."""
    try:
        return line.ask(operation, f"{path}/{wire.request_id(reference)}", reference=reference) or {}
    except RequestRefused as refused:
        if not is_unknown(refused):
            raise
        return None


def is_unknown(refused: RequestRefused) -> bool:
    return refused.code == reasons.UNKNOWN_REFERENCE or refused.status == 404


def allowed(line: Line, payer: str) -> tuple[mandates.Entry, ...]:
    """What this payer has allowed us, or once had; nothing where MTN knows of nothing."""
    try:
        return mandates.read_list(line.ask("list_mandates", f"v1_0/preapprovals/MSISDN/{quote(payer, safe='')}"))
    except RequestRefused as refused:
        if not is_unknown(refused):
            raise
        return ()


def name_of(line: Line, path: str) -> str | None:
    """The holder's name; None where the contract does not include it."""
    try:
        return holders.read_name(line.ask("check_holder_name", f"{path}/basicuserinfo"))
    except (RequestRefused, CredentialsRefused):
        return None
