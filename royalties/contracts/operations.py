"""Everything that changes contracts. Reads no clock: callers pass `at`."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

from django.db import IntegrityError, transaction

from billing.ids import new_id
from royalties.contracts.models import Contract, ContractVersion, Share
from royalties.payees import queries as payees

_INT_MAX = 2**31 - 1


class BadTerms(Exception):
    """The terms say nothing that can be computed; the message names the field."""


class EditionUnderContract(Exception):
    """The edition has contract terms in that time already."""


class NoSuchContract(Exception):
    """No contract has that reference."""


class AmendmentTooEarly(Exception):
    """The new version would begin before the one it follows, or on the same day."""


@transaction.atomic
def sign(
    *,
    title: str,
    edition_ref: str,
    rate: Fraction,
    shares: Mapping[str, int],
    clause: str,
    valid_from: date,
    at: datetime,
) -> str:
    """Record a contract on net receipts and its first version; gives the contract's reference.

    :raises BadTerms: the rate is not in ]0, 1], a share is not positive, a payee is unknown, the clause is empty.
    :raises EditionUnderContract: another contract covers the edition in that time.
    """
    contract = Contract.objects.create(id=new_id("ctr", at), title=title, edition_ref=edition_ref, signed_at=at)
    _write_version(contract, version=1, rate=rate, shares=shares, clause=clause, valid_from=valid_from, at=at)
    return contract.id


@transaction.atomic
def amend(
    *, contract_ref: str, rate: Fraction, shares: Mapping[str, int], clause: str, valid_from: date, at: datetime
) -> int:
    """End the running version the day before `valid_from` and record the next; gives its number.

    Sales already computed keep the version they were computed with.

    :raises NoSuchContract: no contract has that reference.
    :raises AmendmentTooEarly: `valid_from` is not after the running version's first day.
    :raises BadTerms: see `sign`.
    """
    contract = Contract.objects.select_for_update().filter(pk=contract_ref).first()
    if contract is None:
        raise NoSuchContract(contract_ref)
    running = contract.versions.latest("version")
    if valid_from <= running.valid_from:
        raise AmendmentTooEarly(f"{contract_ref} v{running.version} began on {running.valid_from}")
    running.valid_to = valid_from
    running.save(update_fields=["valid_to"])
    version = running.version + 1
    _write_version(contract, version=version, rate=rate, shares=shares, clause=clause, valid_from=valid_from, at=at)
    return version


def _write_version(
    contract: Contract,
    *,
    version: int,
    rate: Fraction,
    shares: Mapping[str, int],
    clause: str,
    valid_from: date,
    at: datetime,
) -> None:
    _refuse_bad_terms(rate=rate, shares=shares, clause=clause)
    row = ContractVersion(
        contract=contract,
        version=version,
        edition_ref=contract.edition_ref,
        basis="net_receipts",
        rate_numerator=rate.numerator,
        rate_denominator=rate.denominator,
        clause=clause.strip(),
        valid_from=valid_from,
        signed_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as overlap:
        if "contract_edition_one_version_a_day" in str(overlap):
            raise EditionUnderContract(f"{contract.edition_ref} has terms from {valid_from} on already") from overlap
        raise
    Share.objects.bulk_create(Share(version=row, payee_ref=payee, weight=weight) for payee, weight in shares.items())


def _refuse_bad_terms(*, rate: Fraction, shares: Mapping[str, int], clause: str) -> None:
    if not isinstance(rate, Fraction) or not 0 < rate <= 1:
        raise BadTerms(f"rate {rate!r} is not an exact fraction above 0 and at most 1")
    if not shares or any(type(weight) is not int or not 0 < weight <= _INT_MAX for weight in shares.values()):
        raise BadTerms(f"shares {dict(shares)!r} are not positive whole numbers")
    if unknown := set(shares) - set(payees.named(shares.keys())):
        raise BadTerms(f"shares name unknown payees: {', '.join(sorted(unknown))}")
    if not clause.strip():
        raise BadTerms("clause is empty")
