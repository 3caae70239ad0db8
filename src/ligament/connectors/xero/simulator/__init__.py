"""A pure simulator of Xero, written from its published description and sharing no code with our client."""

from ligament.connectors.xero.simulator.charts import (
    australian_books,
    books_of,
    british_books,
    code_app,
    custom_app,
    new_zealand_books,
    pkce_app,
)
from ligament.connectors.xero.simulator.errors import Refused
from ligament.connectors.xero.simulator.handle import handle
from ligament.connectors.xero.simulator.records import Organisation
from ligament.connectors.xero.simulator.switches import Switches
from ligament.connectors.xero.simulator.world import App, Books, World

__all__ = [
    "App",
    "Books",
    "Organisation",
    "Refused",
    "Switches",
    "World",
    "australian_books",
    "books_of",
    "british_books",
    "code_app",
    "custom_app",
    "handle",
    "new_zealand_books",
    "pkce_app",
]
