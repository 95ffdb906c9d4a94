"""The WSGI entry point. Refuses to serve on a database whose settings could lose acknowledged money."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.durability import assert_durable  # noqa: E402  # needs the settings that the line above reads

assert_durable()
