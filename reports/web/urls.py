"""Addresses of the finance pages."""

from django.urls import path

from reports.web import pages

app_name = "reports"

urlpatterns = [
    path("finance/", pages.home, name="home"),
    path("finance/<str:period>/", pages.month, name="month"),
    path("finance/<str:period>/coko.xlsx", pages.month_workbook, name="workbook"),
    path("finance/<str:period>/coko.pdf", pages.month_pdf, name="pdf"),
]
