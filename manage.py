#!/usr/bin/env python
"""Coko's commands. Without DATABASE_URL the embedded PostgreSQL and Redis are started for the command."""

import contextlib
import os
import sys

# Commands that touch no database need not wait for one.
WITHOUT_SERVERS = frozenset({"royalties_simulate"})


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("COKO_ROLE", "jobs")  # a month's closing takes longer than a page may
    from config import embedded

    needed = not WITHOUT_SERVERS.intersection(sys.argv[1:2])
    with embedded.services_if_needed() if needed else contextlib.nullcontext():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
