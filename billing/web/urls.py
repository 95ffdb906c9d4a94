"""Addresses of this package."""

from django.urls import path, re_path

from billing.web import (
    attention,
    checkout,
    country,
    finance_payment,
    invoice_page,
    payment_decisions,
    payout_batches,
    payouts,
    periods,
    receipts,
    reconciliation,
    refunds,
    storefront,
    subscriptions,
    waiting,
    webhooks,
)

app_name = "billing_web"

urlpatterns = [
    path("", storefront.home, name="home"),
    path("country/", country.choose, name="country"),
    path("books/<slug:slug>/", storefront.book, name="book"),
    path("checkout/payments/<str:payment_ref>/", waiting.page, name="payment"),
    path("checkout/payments/<str:payment_ref>/retry/", waiting.retry, name="payment_retry"),
    path("checkout/payments/<str:payment_ref>/confirm/", waiting.confirm, name="payment_confirm"),
    path("checkout/payments/<str:payment_ref>/give-up/", waiting.give_up, name="payment_give_up"),
    path("checkout/<str:edition_ref>/", checkout.page, name="checkout"),
    path("checkout/<str:edition_ref>/started/<str:key>/", checkout.started, name="checkout_started"),
    path("finance/reconciliation/", reconciliation.home, name="reconciliation"),
    path("finance/reconciliation/lines/<str:line_id>/", reconciliation.line, name="reconciliation_line"),
    path("finance/reconciliation/changes/<int:changed_id>/", reconciliation.change, name="reconciliation_change"),
    path("finance/reconciliation/<str:day>/", reconciliation.day, name="reconciliation_day"),
    path("receipts/<str:payment_ref>/", receipts.page, name="receipt"),
    path("receipts/<str:payment_ref>/invoice.pdf", receipts.document, name="receipt_pdf"),
    path(
        "receipts/<str:payment_ref>/credit-notes/<str:note_ref>.pdf", receipts.credit_note, name="receipt_credit_note"
    ),
    path("checkout/invoices/<str:invoice_ref>/", invoice_page.page, name="pay_invoice"),
    path("subscriptions/<str:subscription_ref>/", subscriptions.page, name="subscription"),
    path("subscriptions/<str:subscription_ref>/pay/", subscriptions.pay, name="subscription_pay"),
    path("subscriptions/<str:subscription_ref>/cancel/", subscriptions.cancel, name="subscription_cancel"),
    path("subscriptions/<str:subscription_ref>/resume/", subscriptions.resume, name="subscription_resume"),
    path("subscriptions/<str:subscription_ref>/asks/", subscriptions.asks, name="subscription_asks"),
    path("finance/periods/", periods.overview, name="periods"),
    path("finance/periods/<str:entity>/<str:period>/", periods.month, name="period"),
    path("finance/periods/<str:entity>/<str:period>/<str:action>/", periods.act, name="period_act"),
    path("finance/attention/", attention.page, name="attention"),
    path("finance/payouts/", payout_batches.overview, name="payout_batches"),
    path("finance/payouts/refunds/prepare/", refunds.prepare, name="prepare_refunds"),
    path("finance/payouts/batches/<str:batch_ref>/", payout_batches.page, name="payout_batch"),
    path("finance/payouts/batches/<str:batch_ref>/approve/", payout_batches.approve, name="payout_batch_approve"),
    path("finance/payouts/batches/<str:batch_ref>/reject/", payout_batches.reject, name="payout_batch_reject"),
    path("finance/payouts/<str:payout_ref>/", payouts.page, name="payout"),
    path("finance/payouts/<str:payout_ref>/ask/", payouts.ask, name="payout_ask"),
    path("finance/payouts/<str:payout_ref>/call-back/", payouts.call_back, name="payout_call_back"),
    path("finance/payouts/<str:payout_ref>/decide/", payouts.decide, name="payout_decide"),
    path("finance/refunds/<str:refund_ref>/", refunds.page, name="refund"),
    path("finance/refunds/<str:refund_ref>/ask/", refunds.ask, name="refund_ask"),
    path("finance/refunds/<str:refund_ref>/again/", refunds.again, name="refund_again"),
    path("finance/refunds/<str:refund_ref>/withdraw/", refunds.withdraw, name="refund_withdraw"),
    path("finance/refunds/<str:refund_ref>/decide/", refunds.decide, name="refund_decide"),
    path("finance/payments/<str:payment_ref>/", finance_payment.page, name="finance_payment"),
    path("finance/payments/<str:payment_ref>/ask/", finance_payment.ask, name="finance_payment_ask"),
    path("finance/payments/<str:payment_ref>/refund/", finance_payment.refund, name="finance_payment_refund"),
    path("finance/payments/<str:payment_ref>/decide/", payment_decisions.propose, name="payment_decide"),
    path("finance/decisions/<str:decision_ref>/confirm/", payment_decisions.confirm, name="payment_decision_confirm"),
    path(
        "finance/decisions/<str:decision_ref>/withdraw/", payment_decisions.withdraw, name="payment_decision_withdraw"
    ),
    path("finance/payments/<str:payment_ref>/dispute/", finance_payment.open_dispute, name="dispute_open"),
    path(
        "finance/payments/<str:payment_ref>/disputes/<str:dispute_ref>/close/",
        finance_payment.close_dispute,
        name="dispute_close",
    ),
    # With or without the last slash: a provider's POST must never meet a redirect, which would lose its body.
    re_path(
        r"^webhooks/(?P<provider>[a-z0-9_]{1,40})/(?P<market>[A-Za-z]{2})(?:/(?P<token>[A-Za-z0-9_.-]{1,120}))?/?$",
        webhooks.receive,
        name="webhook",
    ),
]
