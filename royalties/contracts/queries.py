"""Which terms applied when."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from royalties.contracts.facts import ShareFact, TermsFact
from royalties.contracts.models import ContractVersion
from royalties.payees import queries as payees
from royalties.payees.facts import PayeeFact


class NoContract(Exception):
    """No contract covered the edition on that day."""


def terms(*, edition_ref: str, on: date) -> TermsFact:
    """The version in force for the edition on the day.

    :raises NoContract: none was.
    """
    return in_force(timelines(edition_refs=[edition_ref])[edition_ref], on=on)


def timelines(*, edition_refs: Collection[str]) -> Mapping[str, tuple[TermsFact, ...]]:
    """All versions of these editions' terms, oldest first; an edition without any has an empty one."""
    versions = (
        ContractVersion.objects.filter(edition_ref__in=edition_refs)
        .select_related("contract")
        .prefetch_related("shares")
        .order_by("valid_from")
    )
    rows = list(versions)
    people = payees.named({share.payee_ref for row in rows for share in row.shares.all()})
    by_edition: dict[str, list[TermsFact]] = defaultdict(list)
    for row in rows:
        by_edition[row.edition_ref].append(_fact(row, people))
    return {edition: tuple(by_edition[edition]) for edition in edition_refs}


def in_force(timeline: Sequence[TermsFact], *, on: date) -> TermsFact:
    """The version of a timeline that covers the day.

    :raises NoContract: none does.
    """
    for version in timeline:
        if version.valid_from <= on and (version.valid_to is None or on < version.valid_to):
            return version
    raise NoContract(f"no contract covers the edition on {on}")


def _fact(row: ContractVersion, people: Mapping[str, PayeeFact]) -> TermsFact:
    shares = sorted(row.shares.all(), key=lambda share: (-share.weight, share.payee_ref))
    return TermsFact(
        contract_ref=row.contract_id,
        contract_title=row.contract.title,
        version=row.version,
        edition_ref=row.edition_ref,
        basis=row.basis,
        rate=row.rate,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        shares=tuple(ShareFact(s.payee_ref, people[s.payee_ref].name, s.weight) for s in shares),
        clause=row.clause,
    )
