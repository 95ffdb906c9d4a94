"""Through Celery: sends batches of 1,000 sales to a running worker, some ahead, and waits until all are written."""

import argparse
import json
import time

import django

_BATCH = 1_000
_AHEAD = 4


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, required=True)
    chosen = options.parse_args()
    django.setup()
    print(json.dumps(send(chosen.seconds)))


def send(seconds: float) -> dict[str, float]:
    import redis
    from django.conf import settings
    from django.utils import timezone

    from bench.ledger import world
    from bench.ledger.worker import DONE, post_batch

    stock, answers = world.sales(time.time_ns()), redis.Redis.from_url(settings.REDIS_URL)
    answers.delete(DONE)

    def hand_over() -> None:
        sales = [next(stock) for _ in range(_BATCH)]
        post_batch.delay([[s.payee, s.wallet, s.title, s.share, s.rest] for s in sales], timezone.now().isoformat())

    def answer() -> int:
        said = answers.blpop([DONE], timeout=60)
        if said is None:
            raise SystemExit("the worker did not answer for a minute")
        return int(said[1])

    for _ in range(_AHEAD):  # warm
        hand_over()
    for _ in range(_AHEAD):
        answer()
    sent, done, began = 0, 0, time.monotonic()
    while time.monotonic() - began < seconds or sent:
        if sent < _AHEAD and time.monotonic() - began < seconds:
            hand_over()
            sent += 1
            continue
        done += answer()
        sent -= 1
    return {"entries": done, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    main()
