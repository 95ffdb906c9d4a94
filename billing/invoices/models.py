"""Invoices, their lines, their legal numbers, their documents. Imported by this package only.

What is printed is copied here and never changes: the migration's SQL refuses it, whoever asks.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.invoices.states import State

# As plain text: migrations are history and must not import today's code.
_STATES = [state.value for state in State]
_OPEN, _PAID, _VOID = State.OPEN.value, State.PAID.value, State.VOID.value
_DRAFT, _PARTLY_PAID = State.DRAFT.value, State.PARTLY_PAID.value


class InvoiceSeries(models.Model):
    """The last legal number given in one series and year. Its row lock is what keeps numbers without gaps."""

    prefix = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["prefix", "year"], name="one_series_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class Invoice(models.Model):
    """One claim on one customer. Only the columns of its state may still move, and only once."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    number = models.CharField(max_length=40, unique=True, null=True)  # taken when it is issued
    state = models.CharField(max_length=20, choices=[(text, text) for text in _STATES], default=_OPEN)
    owner_ref = models.CharField(max_length=40)
    entity = models.CharField(max_length=40)
    seller = models.JSONField()

    customer_name = models.TextField()
    customer_country = models.CharField(max_length=2)
    customer_phone_sealed = models.TextField(blank=True)
    customer_phone_index = models.CharField(max_length=64, blank=True)
    customer_email = models.TextField(blank=True)
    customer_language = models.CharField(max_length=10)
    customer_user_ref = models.CharField(max_length=30, blank=True)

    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    item_count = models.PositiveIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)  # already taken off the net, the tax and the gross
    coupon_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    opened_at = models.DateTimeField()

    paid_at = models.DateTimeField(null=True)
    payment_ref = models.CharField(max_length=30, blank=True)
    provider = models.CharField(max_length=30, blank=True)
    transaction_ref = models.TextField(blank=True)
    fee_minor = models.BigIntegerField(default=0)
    received_minor = models.BigIntegerField(default=0, db_default=0)  # in parts; nothing when one payment pays it all
    voided_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="invoice_state_known"),
            models.CheckConstraint(condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="invoice_sums"),
            models.CheckConstraint(
                condition=Q(state=_PAID, paid_at__isnull=False) & ~Q(payment_ref="")
                | ~Q(state=_PAID) & Q(paid_at__isnull=True, payment_ref="", fee_minor=0),
                name="invoice_paid_by_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(state=_VOID, voided_at__isnull=False) & ~Q(void_reason="")
                | ~Q(state=_VOID) & Q(voided_at__isnull=True, void_reason=""),
                name="invoice_void_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(state__in=[_DRAFT, _VOID]), name="invoice_issued_has_a_number"
            ),
            models.CheckConstraint(
                condition=Q(received_minor=0, state__in=[_DRAFT, _OPEN, _VOID])
                | Q(received_minor__gt=0, received_minor__lt=F("gross_minor"), state=_PARTLY_PAID)
                | (Q(received_minor=0) | Q(received_minor=F("gross_minor"))) & Q(state=_PAID)
                | Q(received_minor__gte=0, received_minor__lt=F("gross_minor"), state=State.UNCOLLECTIBLE.value),
                name="invoice_received_fits_its_state",
            ),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0, fee_minor__lte=F("gross_minor")), name="invoice_fee_within_gross"
            ),
            models.UniqueConstraint(
                fields=["payment_ref"], condition=~Q(payment_ref=""), name="payment_pays_one_invoice"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner_ref", "-id"], name="invoice_of_owner"),
            models.Index(fields=["customer_user_ref", "-id"], name="invoice_of_user"),
            models.Index(fields=["customer_phone_index"], name="invoice_of_phone"),
            models.Index(fields=["paid_at", "id"], condition=Q(state=_PAID), name="invoice_paid"),
        ]

    def __str__(self) -> str:
        return self.number or self.id


class InvoicePart(models.Model):
    """A part of an invoice that was paid by itself. Written once."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="parts")
    part_ref = models.CharField(max_length=30, unique=True)
    amount_minor = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.part_ref}"


class InvoiceItem(models.Model):
    """One line, with the tax that is inside it. Written with its invoice, then never again."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    edition_ref = models.CharField(max_length=30)
    title = models.TextField()
    product_kind = models.CharField(max_length=20)
    quantity = models.PositiveIntegerField()
    unit_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    net_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    tax_lines = models.JSONField()  # [{"code", "rate": "9/50", "amount_minor"}, …]
    tax_rule_ref = models.CharField(max_length=30)
    tax_reference = models.TextField(blank=True)
    tax_mention = models.TextField(blank=True, default="", db_default="")
    price_ref = models.CharField(max_length=30)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["invoice", "position"], name="item_positions_differ"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("unit_minor") * F("quantity") - F("discount_minor")),
                name="item_gross_is_what_the_discount_leaves",
            ),
            # A line that gives unused days back is below zero, and has no discount.
            models.CheckConstraint(
                condition=Q(discount_minor=0) | Q(discount_minor__gt=0, gross_minor__gte=0),
                name="item_discount_within_its_price",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["edition_ref"], name="item_of_edition")]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.position} {self.title}"


class InvoiceDocument(models.Model):
    """The PDF as it was first made, one for each state the invoice was printed in: the same bytes for ever."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="documents")
    state = models.CharField(max_length=20)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["invoice", "state"], name="one_document_a_state")
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.state} {self.sha256[:12]}"


class CreditNote(models.Model):
    """A sale taken back, wholly or in part. Its seller and its customer are those printed on the invoice it cites."""

    id = models.CharField(primary_key=True, max_length=30, editable=False)
    number = models.CharField(max_length=40, unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    source_ref = models.CharField(max_length=30, unique=True)
    reason = models.TextField()
    owner_ref = models.CharField(max_length=40)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="credit_note_sums"),
            models.CheckConstraint(
                condition=Q(gross_minor__gt=0, net_minor__gte=0, tax_minor__gte=0), name="credit_note_of_something"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_note_for_a_reason"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner_ref", "-id"], name="credit_note_of_owner"),
            models.Index(fields=["issued_at", "id"], name="credit_note_issued"),
        ]

    def __str__(self) -> str:
        return self.number


class CreditNoteItem(models.Model):
    """What a credit note takes back of one line, in that line's own taxes."""

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey(InvoiceItem, on_delete=models.PROTECT, related_name="credited")
    net_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    tax_lines = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["note", "item"], name="credit_note_line_once"),
            models.CheckConstraint(condition=Q(gross_minor__gt=0, net_minor__gte=0), name="credit_note_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.note_id} {self.item_id}"


class CreditNoteDocument(models.Model):
    """The PDF of a credit note: the same bytes for ever."""

    note = models.OneToOneField(CreditNote, on_delete=models.PROTECT, related_name="document")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.note_id} {self.sha256[:12]}"
