"""A pure simulator of the Cliniko REST API, written from its description and sharing no code with the client."""

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.cliniko.simulator.handle import handle
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.world import (
    DEFAULT_KEY,
    EPOCH,
    World,
    add,
    amend,
    find,
    get,
    grant_key,
    put,
    put_many,
    records,
    remove,
    revoke_key,
    with_switches,
)

__all__ = [
    "DEFAULT_KEY",
    "EPOCH",
    "Switches",
    "World",
    "add",
    "amend",
    "control",
    "find",
    "get",
    "grant_key",
    "handle",
    "put",
    "put_many",
    "records",
    "remove",
    "revoke_key",
    "with_switches",
]
