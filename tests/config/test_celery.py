"""What the worker does at its start and after each task."""

import logging

from celery import signals

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
