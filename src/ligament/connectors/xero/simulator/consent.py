"""The consent page: an app's name, what it asks for, the organisations to choose from, and yes or no."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ligament.simkit.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ligament.connectors.xero.simulator.world import App, World

DECISION, ORGANISATION = "decision", "organisation"
ALLOW, CANCEL = "allow", "cancel"
_OWN = {DECISION, ORGANISATION}


def asks(world: World, request: Request) -> bool:
    """Say whether the page is to be shown, because a person sits there and has not decided yet."""
    return world.consent_asks and request.first(DECISION) not in {ALLOW, CANCEL}


def is_denied(world: World, request: Request) -> bool:
    """Say whether the person said no."""
    return world.consent_denied or (world.consent_asks and request.first(DECISION) == CANCEL)


def chosen(world: World, request: Request) -> tuple[str, ...]:
    """Return the organisations that the person ticked; those of the world where nobody sees a page."""
    ticked = tuple(value for name, value in request.query if name == ORGANISATION and value in world.books)
    return ticked if world.consent_asks and ticked else world.consent_tenants


def page(world: World, app: App, scopes: Sequence[str], request: Request) -> Response:
    """Return the page; what the app asked with goes along with the answer."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in request.query
        if name not in _OWN
    )
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Xero | Authorise</title>'
        f"<h1>{escape(app.name)} wants access to</h1><ul>{wanted}</ul>"
        f'<form method="get" action="{escape(request.path)}">{kept}'
        f"<fieldset><legend>Organisations</legend>{_ticks(world)}</fieldset>"
        f'<button name="{DECISION}" value="{ALLOW}">Allow access</button> '
        f'<button name="{DECISION}" value="{CANCEL}">Cancel</button></form></html>'
    )
    return Response(status=200, headers=(("Content-Type", "text/html; charset=utf-8"),), body=text.encode())


def _ticks(world: World) -> str:
    return "".join(
        f'<label><input type="checkbox" name="{ORGANISATION}" value="{escape(key)}"'
        f"{' checked' if key in world.consent_tenants else ''}> {escape(books.organisation.name)}</label>"
        for key, books in world.books.items()
    )
