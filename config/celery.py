"""Celery: a hint channel, never a store of money work. Losing every message loses nothing (see README)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("coko")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
