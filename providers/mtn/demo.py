"""The businesses that the simulated MTN knows, and the credentials that lead our adapter there. All of it is public."""

from providers.mtn.platforms import Credentials
from providers.mtn.simulated_access import SANDBOX, Wallet

PRODUCTS = ("collection", "disbursement")
NEW_PREFIX = "/momoapi.momo.africa"
SANDBOX_KEYS = {
    "collection": "mtn_sandbox_collection_key_not_real",
    "disbursement": "mtn_sandbox_disbursement_key_not_real",
}


def demo_wallets() -> tuple[Wallet, ...]:
    """The wallets this simulator knows, and the sandbox. Their secrets are public and open nothing."""
    known = (
        ("CI", "mtnivorycoast", "XOF", "225"),
        ("BJ", "mtnbenin", "XOF", "229"),
        ("CM", "mtncameroon", "XAF", "237"),
    )
    return (
        *(_demo_wallet(*one) for one in known),
        Wallet("SANDBOX", SANDBOX, "EUR", "", "Coko (bac à sable)", SANDBOX_KEYS),
    )


def _demo_wallet(market: str, environment: str, currency: str, dial: str) -> Wallet:
    word = f"mtn_{market.lower()}"
    return Wallet(
        market=market,
        environment=environment,
        currency=currency,
        dial=dial,
        business_name="Coko (démo)",
        keys={product: f"{word}_{product}_key_not_real" for product in PRODUCTS},
        legacy_users={product: (f"{word}-{product}", f"{word}_{product}_secret_not_real") for product in PRODUCTS},
        new_user=(f"{word}-portal=", f"{word}_portal_token!not_real"),
    )


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts, on both platforms."""
    return {wallet.market: _credentials(wallet) for wallet in demo_wallets() if wallet.environment != SANDBOX}


def _credentials(wallet: Wallet) -> Credentials:
    user, secret = wallet.legacy_users["collection"]
    payout_user, payout_secret = wallet.legacy_users["disbursement"]
    new_user, new_secret = wallet.new_user
    return Credentials(
        collection_key=wallet.keys["collection"],
        disbursement_key=wallet.keys["disbursement"],
        callback_secret=f"mtn_{wallet.market.lower()}_callbacks_not_real",
        legacy_user=user,
        legacy_secret=secret,
        legacy_payout_user=payout_user,
        legacy_payout_secret=payout_secret,
        new_user=new_user,
        new_secret=new_secret,
        new_url=NEW_PREFIX,
    )
