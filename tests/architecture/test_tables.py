"""Foreign keys obey the arrows, never cross a database, and never cascade over money."""

import pytest
from django.apps import apps
from django.db import models

from config.databases import owner_of

OURS = ("billing.", "royalties.", "reading.", "catalog", "sync", "config.")


def relations() -> list[models.ForeignKey]:
    return [
        field
        for model in apps.get_models()
        if model.__module__.startswith(OURS)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
    ]


@pytest.mark.parametrize("field", relations(), ids=str)
class TestForeignKeys:
    def test_stay_inside_one_package(self, field):
        ours, theirs = field.model.__module__, field.related_model.__module__
        assert ours.rsplit(".", 1)[0] == theirs.rsplit(".", 1)[0] or theirs.startswith("django.")

    def test_stay_inside_one_database(self, field):
        assert owner_of(field.model._meta.app_label) == owner_of(field.related_model._meta.app_label)

    def test_never_cascade(self, field):
        assert field.remote_field.on_delete is models.PROTECT


class TestColumns:
    def test_hold_no_floats(self):
        floats = [f for m in apps.get_models() for f in m._meta.get_fields() if isinstance(f, models.FloatField)]
        assert floats == []
