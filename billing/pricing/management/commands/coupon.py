"""`manage.py coupon add CODE --percent 20 --by WHO`: coupons of the shop; clients add theirs through the API."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from billing.money import NotAnAmount, parse
from billing.pricing import operations, queries

OWNER = "web"  # the shop's own sales


class Command(BaseCommand):
    """Exit status: 0 done, 1 refused, 2 the arguments were wrong."""

    help = "Add, list or switch off coupons of the shop. Terms never change: switch one off and add another."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="promise something off to who types CODE")
        add.add_argument("code", metavar="CODE")
        off = add.add_mutually_exclusive_group(required=True)
        off.add_argument("--percent", type=_percent, help="of the tax-inclusive price: 20 or 12.5")
        off.add_argument("--amount", nargs=2, metavar=("AMOUNT", "CURRENCY"), help="once an invoice: 500 XOF")
        add.add_argument("--by", required=True, help="who promises it, kept with the coupon")
        add.add_argument("--country", action="append", default=[], help="only there; may be given again")
        add.add_argument("--edition", action="append", default=[], metavar="edn_…", help="only for it; may be again")
        add.add_argument("--uses-max", type=int, help="how often it may be used")
        add.add_argument("--once-per-customer", action="store_true")
        add.add_argument("--until", type=_moment, help="ISO 8601 with its offset: 2026-12-31T23:59:59+00:00")
        actions.add_parser("list", help="the newest hundred, with their uses")
        switch_off = actions.add_parser("switch-off", help="let it count for no further sale")
        switch_off.add_argument("code", metavar="CODE")

    def handle(self, *, action: str, **options: Any) -> None:
        match action:
            case "add":
                self._add(options)
            case "list":
                for one in queries.coupons_of(owner_ref=OWNER, limit=100):
                    off = (
                        f"{one.amount_minor} {one.currency}"
                        if one.amount_minor
                        else f"{Decimal(one.rate.numerator * 100) / one.rate.denominator:f} %"
                    )
                    state = " switched off" if one.switched_off_at else ""
                    self.stdout.write(f"{one.code}: {off}, used {one.uses_count} of {one.uses_max or 'any'}{state}")
            case _:
                self._switch_off(options["code"])

    def _add(self, options: dict[str, Any]) -> None:
        try:
            one = operations.add_coupon(
                code=options["code"],
                owner_ref=OWNER,
                by=options["by"],
                at=timezone.now(),
                rate=options["percent"] or Fraction(0),
                amount=parse(*options["amount"]) if options["amount"] else None,
                countries=options["country"],
                subjects=options["edition"],
                once_per_customer=options["once_per_customer"],
                uses_max=options["uses_max"],
                valid_to=options["until"],
            )
        except NotAnAmount as error:
            raise CommandError(str(error), returncode=2) from error
        except operations.NotACoupon as error:
            raise CommandError(f"no coupon can have that {error.field}", returncode=2) from error
        except operations.CouponExists as error:
            raise CommandError(f"the shop has a coupon {error} already") from error
        self.stdout.write(f"{one.id} {one.code}")

    def _switch_off(self, code: str) -> None:
        try:
            one = queries.coupon_named(owner_ref=OWNER, code=code)
        except queries.NoSuchCoupon as error:
            raise CommandError(f"the shop has no coupon {error}") from error
        operations.switch_off_coupon(coupon_ref=one.id, at=timezone.now())
        self.stdout.write(f"{one.code} counts no more")


def _percent(text: str) -> Fraction:
    try:
        rate = Fraction(text) / 100
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError("a percentage is a number such as 20 or 12.5") from None
    if not 0 < rate <= 1:
        raise ArgumentTypeError("a percentage is above 0 and up to 100")
    return rate


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ArgumentTypeError("a moment is ISO 8601 with its offset")
    return moment
