"""Connectors are found by name, and what cannot be used is said."""

from importlib.metadata import EntryPoint

import pytest

from orderline.contracts.registry import (
    GROUP,
    Capability,
    ConnectorSettings,
    Kind,
    RegistryRefusal,
    connector_of,
    load_connectors,
)
from orderline.values.failures import Refused


def entry(name: str, value: str | None = None) -> EntryPoint:
    return EntryPoint(name, value or f"orderline.connectors.{name}.connector:connector", GROUP)


def refused(*entries: EntryPoint) -> str:
    with pytest.raises(Refused) as refusal:
        load_connectors(entries)
    return refusal.value.code


def test_connectors_say_what_they_can_do() -> None:
    connectors = load_connectors([entry("sandbox_warehouses"), entry("sandbox_payments")])
    warehouses = connector_of(connectors, "sandbox_warehouses", Kind.WAREHOUSES)
    assert warehouses.can(Capability.PARTIAL_SHIP)
    assert not warehouses.can(Capability.PARTIAL_CANCEL)


def test_a_connector_of_another_kind_or_name_is_unknown_and_those_there_are_named() -> None:
    connectors = load_connectors([entry("sandbox_warehouses"), entry("sandbox_payments")])
    for name in ("sandbox_payments", "acme"):
        with pytest.raises(Refused) as refusal:
            connector_of(connectors, name, Kind.WAREHOUSES)
        assert refusal.value.code is RegistryRefusal.CONNECTOR_UNKNOWN
        assert refusal.value.facts["allowed"] == ["sandbox_warehouses"]


def test_two_connectors_of_one_name_are_refused() -> None:
    assert refused(entry("sandbox_payments"), entry("sandbox_payments")) == RegistryRefusal.CONNECTOR_DOUBLE


@pytest.mark.parametrize("value", ["no.such.module:connector", "orderline.contracts.registry:absent", "json:dumps"])
def test_an_entry_that_is_no_connector_is_refused(value: str) -> None:
    assert refused(entry("broken", value)) == RegistryRefusal.CONNECTOR_NOT_LOADABLE


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(ConnectorSettings(base_url="http://127.0.0.1", api_key="hush", secret="whsec_hush"))
    assert "hush" not in shown
