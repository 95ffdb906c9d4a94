"""Addresses of this package."""

from typing import Any

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from billing.api import (
    clocks,
    coupons,
    credit_notes,
    editions,
    invoices,
    payment_options,
    payments,
    plans,
    quotes,
    refunds,
    schema,
    subscriptions,
    webhook_endpoints,
)

_OPEN_TO_ALL: dict[str, Any] = {"permission_classes": [AllowAny], "authentication_classes": []}

app_name = "billing_api"

urlpatterns = [
    path("editions/", editions.EditionsView.as_view(), name="editions"),
    path("quotes/", quotes.QuotesView.as_view(), name="quotes"),
    path("coupons/", coupons.CouponsView.as_view(), name="coupons"),
    path("coupons/<str:coupon_ref>/", coupons.CouponView.as_view(), name="coupon"),
    path("coupons/<str:coupon_ref>/switch-off/", coupons.CouponSwitchOffView.as_view(), name="coupon_switch_off"),
    path("invoices/", invoices.InvoicesView.as_view(), name="invoices"),
    path("invoices/<str:invoice_ref>/", invoices.InvoiceView.as_view(), name="invoice"),
    path("invoices/<str:invoice_ref>/pdf/", invoices.InvoicePdfView.as_view(), name="invoice_pdf"),
    path("credit-notes/", credit_notes.CreditNotesView.as_view(), name="credit_notes"),
    path("credit-notes/<str:note_ref>/", credit_notes.CreditNoteView.as_view(), name="credit_note"),
    path("credit-notes/<str:note_ref>/pdf/", credit_notes.CreditNotePdfView.as_view(), name="credit_note_pdf"),
    path("payments/", payments.PaymentsView.as_view(), name="payments"),
    path("payments/<str:payment_ref>/", payments.PaymentView.as_view(), name="payment"),
    path("payments/<str:payment_ref>/confirm/", payments.PaymentCodeView.as_view(), name="payment_confirm"),
    path("refunds/", refunds.RefundsView.as_view(), name="refunds"),
    path("refunds/<str:refund_ref>/", refunds.RefundView.as_view(), name="refund"),
    path("plans/", plans.PlansView.as_view(), name="plans"),
    path("plans/<str:plan_ref>/", plans.PlanView.as_view(), name="plan"),
    path("plans/<str:plan_ref>/prices/", plans.PlanPricesView.as_view(), name="plan_prices"),
    path("plans/<str:plan_ref>/withdraw/", plans.PlanWithdrawalView.as_view(), name="plan_withdraw"),
    path("subscriptions/", subscriptions.SubscriptionsView.as_view(), name="subscriptions"),
    path("subscriptions/<str:subscription_ref>/", subscriptions.SubscriptionView.as_view(), name="subscription"),
    path(
        "subscriptions/<str:subscription_ref>/history/",
        subscriptions.SubscriptionHistoryView.as_view(),
        name="subscription_history",
    ),
    *(
        path(f"subscriptions/<str:subscription_ref>/{wish}/", view.as_view(), name=f"subscription_{wish}")
        for wish, view in (
            ("cancel", subscriptions.CancelView),
            ("resume", subscriptions.ResumeView),
            ("pause", subscriptions.PauseView),
            ("change-plan", subscriptions.ChangePlanView),
            ("wallet", subscriptions.WalletView),
            ("asks", subscriptions.AsksView),
        )
    ),
    path("test-clocks/", clocks.ClocksView.as_view(), name="test_clocks"),
    path("test-clocks/<str:clock_ref>/", clocks.ClockView.as_view(), name="test_clock"),
    path("test-clocks/<str:clock_ref>/advance/", clocks.AdvanceView.as_view(), name="test_clock_advance"),
    path("payment-options/", payment_options.PaymentOptionsView.as_view(), name="payment_options"),
    path("webhook-endpoints/", webhook_endpoints.WebhookEndpointsView.as_view(), name="webhook_endpoints"),
    path(
        "schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny], authentication_classes=[]), name="schema"
    ),
    path("docs/", schema.docs, name="docs"),
]
