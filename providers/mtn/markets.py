"""Where MTN MoMo works: the word for it in `X-Target-Environment`, and the money of that market. Pure data.

Fact sheet 1.11. That amounts carry the currency's ISO decimals in every market is a guess for those with two (GHS, ZMW,
SZL, ZAR, LRD, SSP, NGN): try a small amount before routing there.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    environment: str
    currency: str


MARKETS: Mapping[str, Market] = {
    "CI": Market("mtnivorycoast", "XOF"),
    "BJ": Market("mtnbenin", "XOF"),
    "CM": Market("mtncameroon", "XAF"),
    "CG": Market("mtncongo", "XAF"),
    "GN": Market("mtnguineaconakry", "GNF"),
    "UG": Market("mtnuganda", "UGX"),
    "RW": Market("mtnrwanda", "RWF"),
    "GH": Market("mtnghana", "GHS"),
    "ZM": Market("mtnzambia", "ZMW"),
    "SZ": Market("mtnswaziland", "SZL"),
    "ZA": Market("mtnsouthafrica", "ZAR"),
    "LR": Market("mtnliberia", "LRD"),
    "SS": Market("mtnsouthsudan", "SSP"),
    "NG": Market("mtnnigeria", "NGN"),
}

SANDBOX = "sandbox"  # of MTN: one environment for every market, which knows only this money:
SANDBOX_CURRENCY = "EUR"
