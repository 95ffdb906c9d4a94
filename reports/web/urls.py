"""Addresses of the finance pages."""

from django.urls import path

from reports.web import books, documents, entries, pages

app_name = "reports"

urlpatterns = [
    path("finance/", pages.home, name="home"),
    path("finance/books/", books.balance, name="books"),
    path("finance/books/accounts/", books.accounts, name="accounts"),
    path("finance/books/account/", books.account, name="account"),
    path("finance/books/file/", books.file, name="file"),
    path("finance/entries/<str:entry_ref>/", entries.entry, name="entry"),
    path("finance/invoices/<str:invoice_ref>/", documents.invoice, name="invoice"),
    path("finance/<str:period>/", pages.month, name="month"),
    path("finance/<str:period>/coko.xlsx", pages.month_workbook, name="workbook"),
    path("finance/<str:period>/coko.pdf", pages.month_pdf, name="pdf"),
]
