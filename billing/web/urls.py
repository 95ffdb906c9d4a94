"""Addresses of this package."""

from django.urls import path, re_path

from billing.web import checkout, country, periods, receipts, reconciliation, storefront, waiting, webhooks

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
    path("finance/reconciliation/<str:day>/", reconciliation.day, name="reconciliation_day"),
    path("receipts/<str:payment_ref>/", receipts.page, name="receipt"),
    path("receipts/<str:payment_ref>/invoice.pdf", receipts.document, name="receipt_pdf"),
    path("finance/periods/", periods.overview, name="periods"),
    path("finance/periods/<str:entity>/<str:period>/", periods.month, name="period"),
    path("finance/periods/<str:entity>/<str:period>/<str:action>/", periods.act, name="period_act"),
    # With or without the last slash: a provider's POST must never meet a redirect, which would lose its body.
    re_path(
        r"^webhooks/(?P<provider>[a-z0-9_]{1,40})/(?P<market>[A-Za-z]{2})(?:/(?P<token>[A-Za-z0-9_.-]{1,120}))?/?$",
        webhooks.receive,
        name="webhook",
    ),
]
