"""What an installation says of one Moov wallet. Text only: each field is an environment variable."""

from dataclasses import dataclass, field

from providers.amounts import WireAmount
from providers.moov import codes
from providers.moov.markets import Scheme, Variant
from providers.moov.msisdn import MsisdnForm
from providers.moov.token import PUBLISHED_KEY

_CHOICES = {
    "variant": frozenset(Variant),
    "former_variant": frozenset(Variant),
    "environment": frozenset({"live", "test"}),
    "push_operation": frozenset({"PushWithPending", "Push"}),
    "msisdn_form": frozenset(MsisdnForm),
    "amount_form": frozenset(WireAmount),
    "auth_scheme": frozenset(Scheme),
    "body_hash": frozenset({"yes", "no"}),
    "transfer_status": frozenset({"proven", "unproven"}),
}
_MAY_BE_EMPTY = frozenset({"variant", "former_variant", "msisdn_form", "amount_form", "auth_scheme"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """One wallet's secrets, and what its contract says differently from `markets.py`. Empty: as there."""

    username: str
    password: str = field(repr=False)
    variant: str = ""  # m1, m2, m2-otp, m3
    environment: str = "live"
    base_url: str = ""
    path: str = ""  # of M1 and M2
    user_agent: str = ""
    ca_file: str = ""  # certificates to trust instead of the system's: Moov's hosts sign their own
    token_cipher: str = field(default=PUBLISHED_KEY, repr=False)  # M1: the AES key of the token
    merchant_msisdn: str = ""  # M1: the wallet's own number, whose balance is asked
    push_operation: str = "PushWithPending"  # M1; `Push` holds the line while the payer types the PIN
    content_type: str = "text/xml"  # M1; application/xml and application/soap+xml are in use, too
    msisdn_form: str = ""  # digits, national, digits_8, national_8
    amount_form: str = ""  # M2, M3: text, number
    auth_scheme: str = ""  # M2, M3: Basic, Bearer
    body_hash: str = "no"  # M2, M3: the header `hash`
    push_command: str = ""  # M2, M3: `command-id` of a collection
    status_command: str = ""  # M2, M3: and of a question
    codes: str = ""  # other readings of result codes, see `codes.overridden`
    transfer_status: str = "unproven"  # proven: the status question was seen to find transfers by our reference
    former_variant: str = ""  # where attempts were made before: they are still asked about there
    former_base_url: str = ""
    former_username: str = ""
    former_password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed and not (value == "" and name in _MAY_BE_EMPTY):
                raise ValueError(f"{name} {value!r} is none of {', '.join(sorted(allowed))}")
        if len(self.token_cipher.encode()) not in (16, 24, 32):
            raise ValueError("token_cipher must have 16, 24 or 32 bytes")
        codes.overridden({}, self.codes)
