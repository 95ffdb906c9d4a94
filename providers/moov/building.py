"""From an installation's credentials to the adapter of one wallet."""

import time
from collections.abc import Callable
from dataclasses import replace

from providers import credentials as variables
from providers import http, strict_json
from providers.amounts import WireAmount
from providers.moov import codes, json_wire, markets, soap_wire, token, ussd_push
from providers.moov.adapter import MoovAdapter, MoovWithBalance
from providers.moov.by_code import MoovByCode
from providers.moov.credentials import Credentials as Credentials
from providers.moov.gateway import Gateway, Signing
from providers.moov.markets import Scheme, Terms, Variant
from providers.moov.msisdn import MsisdnForm
from providers.moov.ussd_push import UssdPush

CAPABILITIES = markets.CAPABILITIES
BASE_URL = ""  # every market has its own, see `markets.py`


def build(
    credentials: Credentials,
    base_url: str = BASE_URL,
    *,
    market: str,
    limits: http.Limits = http.USUAL_LIMITS,
    clock: Callable[[], float] = time.time,
) -> MoovAdapter:
    """The adapter of one wallet. The credentials' own address comes before `base_url`, and that before the published.

    :raises MissingCredential: nobody has published this platform's address, and none is set.
    """
    former = None
    if credentials.former_variant:
        former = build(_formerly(credentials), base_url, market=market, limits=limits, clock=clock)
    terms = _terms(credentials, market)
    client = _client(credentials, terms, _address(credentials, base_url, terms, market), market, limits)
    if terms.is_soap:
        rail = _ussd_push(credentials, terms, client)
        return MoovWithBalance(credentials, rail, terms=terms, market=market, former=former, clock=clock)
    kind = MoovByCode if terms.variant is Variant.M2_OTP else MoovAdapter
    rail_of_json = _gateway(credentials, terms, client)
    return kind(credentials, rail_of_json, terms=terms, market=market, former=former, clock=clock)


def _formerly(credentials: Credentials) -> Credentials:
    """The credentials of the platform before; what its contract said differently must still be its usual."""
    return Credentials(
        username=credentials.former_username or credentials.username,
        password=credentials.former_password or credentials.password,
        variant=credentials.former_variant,
        environment=credentials.environment,
        base_url=credentials.former_base_url,
        user_agent=credentials.user_agent,
        ca_file=credentials.ca_file,
        transfer_status=credentials.transfer_status,
    )


def _terms(credentials: Credentials, market: str) -> Terms:
    """The market's usual terms, with what the contract says differently."""
    variant = Variant(credentials.variant) if credentials.variant else markets.VARIANTS[market]
    usual = markets.terms(market, variant)
    return replace(
        usual,
        msisdn_form=MsisdnForm(credentials.msisdn_form) if credentials.msisdn_form else usual.msisdn_form,
        amount_form=WireAmount(credentials.amount_form) if credentials.amount_form else usual.amount_form,
        scheme=Scheme(credentials.auth_scheme) if credentials.auth_scheme else usual.scheme,
        push_command=credentials.push_command or usual.push_command,
        status_command=credentials.status_command or usual.status_command,
    )


def _address(credentials: Credentials, base_url: str, terms: Terms, market: str) -> str:
    published = terms.live_url if credentials.environment == "live" else terms.test_url
    if address := credentials.base_url or base_url or published:
        return address
    name = variables.variable("moov", market, "base_url")
    raise variables.MissingCredential(f"{name} is not set, and no {terms.variant} address is public")


def _path(credentials: Credentials, terms: Terms) -> str:
    return credentials.path or (terms.live_path if credentials.environment == "live" else terms.test_path)


def _client(credentials: Credentials, terms: Terms, address: str, market: str, limits: http.Limits) -> http.Client:
    return http.Client(
        provider="moov",
        market=market,
        base_url=address,
        limits=limits,
        read_code=soap_wire.fault_code if terms.is_soap else json_wire.status,
        read=soap_wire.read if terms.is_soap else strict_json.read,
        classify=ussd_push.classified if terms.is_soap else None,
        user_agent=credentials.user_agent or http.USER_AGENT,
        ca_file=credentials.ca_file,
    )


def _ussd_push(credentials: Credentials, terms: Terms, client: http.Client) -> UssdPush:
    return UssdPush(
        client,
        token=token.made(username=credentials.username, password=credentials.password, key=credentials.token_cipher),
        path=_path(credentials, terms),
        table=codes.overridden(codes.M1, credentials.codes),
        msisdn_form=terms.msisdn_form,
        push_operation=credentials.push_operation,
        content_type=credentials.content_type,
    )


def _gateway(credentials: Credentials, terms: Terms, client: http.Client) -> Gateway:
    signing = Signing(
        credentials.username, credentials.password, terms.scheme.value, hashes_body=credentials.body_hash == "yes"
    )
    table = codes.overridden(codes.GATEWAY, credentials.codes)
    return Gateway(client, terms=terms, signing=signing, path=_path(credentials, terms), table=table)
