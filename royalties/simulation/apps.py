"""Django's registration of royalties.simulation: it has a command and no tables."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    name = "royalties.simulation"
    label = "royalty_simulation"
