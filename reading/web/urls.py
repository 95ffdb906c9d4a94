"""Addresses of the reader's pages."""

from django.urls import path

from reading.web import pages

urlpatterns = [
    path("library/", pages.shelf, name="library"),
    path("library/<str:edition_ref>/", pages.book, name="library-book"),
]
