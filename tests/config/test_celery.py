"""What the worker does at its start and after each task."""

import logging

from celery import signals
from celery.fixups.django import DjangoWorkerFixup

from config.celery import app


class TestApp:
    def test_knows_every_task_of_the_schedule(self):
        app.loader.import_default_modules()
        scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
        assert sorted(scheduled - set(app.tasks)) == []

    def test_keeps_each_sweep_in_a_queue_of_its_own_so_that_none_waits_behind_another(self):
        with app.connection_for_write() as connection, connection.channel() as channel:
            declared = {name: queue(channel) for name, queue in app.amqp.queues.items()}
            for queue in declared.values():
                queue.declare()
                queue.purge()
            for name, entry in app.conf.beat_schedule.items():
                app.send_task(entry["task"], **entry["options"])
                assert {one: queue.get(no_ack=True) is not None for one, queue in declared.items()} == {
                    one: one == name for one in declared
                }
        assert app.conf.task_default_queue in declared

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


class TestConnections:
    def test_are_left_to_django_by_celerys_own_fixup(self):
        # What the fixup reads, under the name it reads; without it every task opens its connections anew.
        assert DjangoWorkerFixup(app).db_reuse_max == 1_000_000

    def test_are_looked_after_before_and_after_a_task(self, monkeypatch):
        looked_after = []
        monkeypatch.setattr("django.db.close_old_connections", lambda: looked_after.append(True))
        task = app.tasks["billing.outbox.tasks.deliver_due"]
        signals.task_prerun.send(sender=task)
        signals.task_postrun.send(sender=task)
        assert looked_after == [True, True]
        task.push_request(is_eager=True)
        signals.task_prerun.send(sender=task)
        task.pop_request()
        assert looked_after == [True, True]
