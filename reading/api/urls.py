"""Addresses of the reading API."""

from django.urls import path

from reading.api import sessions, shelf

urlpatterns = [
    path("reading/sessions/", sessions.SessionsView.as_view(), name="api-reading-sessions"),
    path("library/", shelf.ShelfView.as_view(), name="api-library"),
]
