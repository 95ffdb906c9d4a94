#!/usr/bin/env python
"""Coko's commands. Without DATABASE_URL the embedded PostgreSQL and Redis are started for the command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("COKO_ROLE", "jobs")  # a month's closing takes longer than a page may
    from config import embedded

    with embedded.services_if_needed():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
