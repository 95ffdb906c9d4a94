"""Addresses of the author portal."""

from django.urls import path

from royalties.web import pages

urlpatterns = [
    path("author/", pages.home, name="author-home"),
    path("author/statements/<str:statement_ref>/", pages.statement, name="author-statement"),
    path("author/statements/<str:statement_ref>/statement.pdf", pages.statement_pdf, name="author-statement-pdf"),
    path("author/lines/<str:line_ref>/", pages.line, name="author-line"),
]
