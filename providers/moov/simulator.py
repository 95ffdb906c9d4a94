"""Moov Money, played on this machine: its wallets and payers; the wires are in `simulator_soap`, `simulator_json`."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from providers.moov.credentials import Credentials
from providers.moov.simulated import NAME, SimulatedMoov, Wallet
from providers.moov.simulator_json import JsonSimulator
from providers.moov.simulator_soap import SoapSimulator
from providers.rehearsal.payer import Prompt
from providers.rehearsal.stage import Stage

_MERCHANT = {"BJ": "2290195000000", "BF": "22670000000", "ML": "65000000"}


def demo_wallets() -> tuple[Wallet, ...]:
    """The wallets this simulator knows. Their secrets are public and open nothing."""
    return (
        _wallet("BJ", "m1"),
        _wallet("BF", "m3", amount_types=(int,), today_only=True),
        _wallet("ML", "m3", amount_types=(str,), scheme="Bearer", national_numbers=True, today_only=True),
        _wallet("BF", "m2"),
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts, on the market's usual platform."""
    first = {wallet.market: wallet for wallet in reversed(demo_wallets())}
    return {market: credentials_of(first[market]) for market in sorted(first)}


def credentials_of(wallet: Wallet, **more: str) -> Credentials:
    """The simulator finds transfers by their reference, so that is proven here."""
    known = {"variant": wallet.variant, "transfer_status": "proven", "merchant_msisdn": wallet.msisdn}
    return Credentials(wallet.username, wallet.password, **{**known, **more})


def _wallet(market: str, variant: str, **manners: Any) -> Wallet:
    name = f"coko_{market.lower()}_{variant}"
    return Wallet(market, variant, name, f"{name}_password_not_real", _MERCHANT[market], **manners)


class MoovSimulator:
    """One of Moov, several wallets."""

    name = NAME

    def __init__(self, stage: Stage, wallets: tuple[Wallet, ...] = ()) -> None:
        self.moov = SimulatedMoov(stage)
        self.blueprint = Blueprint("moov", __name__)
        known = wallets or demo_wallets()
        SoapSimulator(stage, self.moov, tuple(one for one in known if one.variant == "m1")).add_to(self.blueprint)
        JsonSimulator(stage, self.moov, tuple(one for one in known if one.variant != "m1")).add_to(self.blueprint)

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """Do what the payer does. See `rehearsal.stage.Simulator`."""
        self.moov.act(session, action, code=str(options.get("code") or ""), late=bool(options.get("late")))

    def waiting(self) -> list[Prompt]:
        """The prompts, and the text messages with a code."""
        return [
            Prompt(
                session=one["id"],
                provider=NAME,
                market=one["market"],
                phone=one["phone"],
                text=f"{one['amount']} F CFA, {one['text']}" + (f" — code {one['code']}" if one["code"] else ""),
            )
            for one in self.moov.waiting()
        ]
