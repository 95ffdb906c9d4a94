"""Adapters by name and market, credentials by variable."""

import pytest

from providers import credentials, registry, simulation
from providers.contract import Adapter, Collects, Notifies, Refunds
from providers.wave.adapter import Credentials, WaveAdapter

ENVIRONMENT = simulation.demo_environment("http://127.0.0.1:1")


class TestAdapter:
    def test_is_one_for_each_market(self):
        for market in ("SN", "CI"):
            adapter: Adapter = registry.adapter("wave", market, environment=ENVIRONMENT)
            assert isinstance(adapter, WaveAdapter)
            assert isinstance(adapter, Collects)
            assert isinstance(adapter, Refunds)
            assert isinstance(adapter, Notifies)

    @pytest.mark.parametrize("field", ["API_KEY", "WEBHOOK_SECRET"])
    def test_names_the_variable_that_is_missing(self, field):
        environment = {name: value for name, value in ENVIRONMENT.items() if name != f"PROVIDER_WAVE_SN_{field}"}
        with pytest.raises(credentials.MissingCredential, match=f"PROVIDER_WAVE_SN_{field} "):
            registry.adapter("wave", "SN", environment=environment)

    def test_reads_a_credential_from_a_mounted_file(self, tmp_path):
        (tmp_path / "key").write_text("wave_sn_prod_from_a_file\n")
        environment = {**ENVIRONMENT, "PROVIDER_WAVE_SN_API_KEY_FILE": str(tmp_path / "key")}
        own = credentials.read(Credentials, provider="wave", market="SN", environment=environment)
        assert own.api_key == "wave_sn_prod_from_a_file"

    def test_refuses_a_strategy_that_is_none(self):
        environment = {**ENVIRONMENT, "PROVIDER_WAVE_SN_WEBHOOK_STRATEGY": "none"}
        with pytest.raises(ValueError, match="signature or shared_secret"):
            registry.adapter("wave", "SN", environment=environment)

    def test_is_not_made_for_an_unknown_provider_or_market(self):
        with pytest.raises(registry.NoSuchProvider):
            registry.adapter("tide", "SN", environment=ENVIRONMENT)
        with pytest.raises(registry.NotInThatMarket):
            registry.adapter("wave", "FR", environment=ENVIRONMENT)


class TestCapabilities:
    @pytest.mark.parametrize("name", registry.names())
    def test_are_data_for_every_provider(self, name):
        capabilities = registry.capabilities(name)
        assert capabilities.label
        assert capabilities.markets
        assert set(simulation.DEMO_CREDENTIALS[name]) <= set(capabilities.markets)

    def test_are_refused_for_an_unknown_provider(self):
        with pytest.raises(registry.NoSuchProvider):
            registry.capabilities("tide")


class TestDemoEnvironment:
    def test_is_plainly_not_real(self):
        secrets = [value for name, value in ENVIRONMENT.items() if name.endswith(("API_KEY", "WEBHOOK_SECRET"))]
        assert len(secrets) >= 2 * len(simulation.DEMO_CREDENTIALS["wave"])
        assert all("not_real" in secret for secret in secrets)

    def test_reads_back_as_it_was_written(self):
        own = simulation.DEMO_CREDENTIALS["wave"]["CI"]
        assert credentials.read(Credentials, provider="wave", market="CI", environment=ENVIRONMENT) == own
