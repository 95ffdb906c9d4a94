"""What the worker does at its start and after each task."""

import logging

from celery import signals

from config.celery import app


class TestApp:
    def test_knows_every_task_of_the_schedule(self):
        app.loader.import_default_modules()
        scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
        assert sorted(scheduled - set(app.tasks)) == []

    def test_loses_nothing_when_a_worker_dies(self):
        assert app.conf.task_acks_late
        assert app.conf.task_reject_on_worker_lost
        assert app.conf.worker_prefetch_multiplier == 1
        assert app.conf.accept_content == ["json"]
        assert app.conf.broker_connection_max_retries is None


class TestLogs:
    def test_are_ours_in_the_worker_too(self):
        handlers = logging.root.handlers[:]
        try:
            signals.setup_logging.send(sender=None)
            names = {type(handler.formatter).__name__ for handler in logging.root.handlers}
        finally:
            logging.root.handlers[:] = handlers
        assert "Readable" in names
