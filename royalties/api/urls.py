"""Addresses of the authors' API."""

from django.urls import path

from royalties.api import lines, statements

urlpatterns = [
    path("statements/", statements.StatementListView.as_view(), name="api-statements"),
    path("statements/<str:statement_ref>/", statements.StatementView.as_view(), name="api-statement"),
    path("statements/<str:statement_ref>/pdf/", statements.StatementPdfView.as_view(), name="api-statement-pdf"),
    path("royalty-lines/<str:line_ref>/", lines.RoyaltyLineView.as_view(), name="api-royalty-line"),
]
