"""`python -m config.complete`: is everything installed that running needs? Imports it all, and names what is missing.

Run once after an installation: some packages import others that they do not ask for, and the tests' packages hide it.
"""

import importlib
import os
import pkgutil
import sys

PACKAGES = ("billing", "providers", "royalties", "catalog", "reading", "reports", "sync")
PROGRAMS = (
    "celery.bin.beat",
    "celery.bin.worker",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    names = [*PROGRAMS, "config.urls", "weasyprint"]
    for package in PACKAGES:
        found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        names += [module.name for module in found]
    missing = [problem for name in names if (problem := _problem_with(name))]
    for problem in missing:
        sys.stderr.write(f"coko: {problem}\n")
    return 1 if missing else 0


def _problem_with(name: str) -> str:
    try:
        importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: a system library that WeasyPrint opens
        return f"{name} cannot be imported: {error}"
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
