"""The WSGI entry point. Refuses to serve on a database whose settings could lose acknowledged money."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
