"""What the account's owner sets: the native Xero integration, online payments, privacy, calculation method."""

from __future__ import annotations

from dataclasses import replace

from ligament.connectors.cliniko.simulator.kinds import Record
from ligament.connectors.cliniko.simulator.world import World


def change_settings(world: World, group: str, changes: Record) -> World:
    """Change some values of one group of settings."""
    before = world.settings.get(group)
    merged = {**(before if isinstance(before, dict) else {}), **changes}
    return replace(world, settings={**world.settings, group: merged})


def set_native_xero(world: World, *, enabled: bool) -> World:
    """Switch Cliniko's own Xero integration on or off; with it on, a second integration would post twice."""
    return change_settings(world, "integrations", {"xero": {"enabled": enabled}})


def set_online_payments(world: World, *, activated: bool) -> World:
    """Switch online payments on or off."""
    return change_settings(world, "online_payments", {"activated": activated})


def set_anonymisation(world: World, *, on_deletion: bool) -> World:
    """Say whether deleting a patient anonymises the invoices."""
    return change_settings(world, "patient_privacy", {"anonymise_invoices_and_payments_on_deletion": on_deletion})


def set_calculation_method(world: World, method: int) -> World:
    """Set the method of new invoices: 1 legacy, 2 tax exclusive, 3 tax inclusive; existing ones keep theirs."""
    return replace(world, calculation_method=method)
