"""Seals day after day of the large ledger, at the pace of posting, until it is ended; says so when it begins."""

import argparse
import time

import django

_ENTRIES_A_SECOND = 4_000  # no slower than any rate of single entries beside it


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, required=True)
    chosen = options.parse_args()
    django.setup()
    from django.utils import timezone

    from billing.ledger import operations

    print("sealing", flush=True)
    began, sealed = time.monotonic(), 0
    while (taken := time.monotonic() - began) < chosen.seconds:
        if sealed > _ENTRIES_A_SECOND * taken:
            time.sleep(0.005)
            continue
        done = operations.seal_days(at=timezone.now(), limit=1)
        if not done:
            return
        sealed += done[0].entry_count


if __name__ == "__main__":
    main()
