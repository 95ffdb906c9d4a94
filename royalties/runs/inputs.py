"""What a royalty line keeps for ever: everything its amount is computed from. Pure; `royalties.explain` reads it."""

from datetime import UTC
from typing import Any

from billing.invoices.facts import SaleLineFact
from royalties import explain
from royalties.contracts.facts import TermsFact


def of(*, sale: SaleLineFact, terms: TermsFact, payee_ref: str) -> dict[str, Any]:
    """Everything one payee's amount of one sale is computed from, as JSON that holds no float."""
    return {
        "schema": explain.SCHEMA,
        "rules": dict(explain.RULES),
        "payee": payee_ref,
        "sale": {
            "kind": "sale",
            "item": sale.item_ref,
            "invoice": sale.invoice_ref,
            "invoice_number": sale.invoice_number,
            "payment": sale.payment_ref,
            "provider": sale.provider,
            "country": sale.country,
            "edition": sale.edition_ref,
            "title": sale.title,
            "product_kind": sale.product_kind,
            "quantity": sale.quantity,
            "paid_at": sale.paid_at.astimezone(UTC).isoformat(),
        },
        "price": {
            "currency": sale.currency,
            "gross_minor": sale.gross_minor,
            "taxes": [
                {"code": tax.code, "rate": str(tax.rate), "amount_minor": tax.amount_minor} for tax in sale.tax_lines
            ],
            "net_minor": sale.net_minor,
            "fee_minor": sale.fee_minor,
        },
        "contract": {
            "ref": terms.contract_ref,
            "title": terms.contract_title,
            "version": terms.version,
            "edition": terms.edition_ref,
            "clause": terms.clause,
            "basis": terms.basis,
            "rate": str(terms.rate),
            "valid_from": terms.valid_from.isoformat(),
            "valid_to": terms.valid_to.isoformat() if terms.valid_to else None,
            "shares": [
                {"payee": share.payee_ref, "name": share.payee_name, "weight": share.weight} for share in terms.shares
            ],
        },
    }
