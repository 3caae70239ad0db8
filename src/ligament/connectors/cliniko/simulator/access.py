"""Who is asking and what they may see: Basic authentication with an API key, and the roles of users [2.2]."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from ligament.simkit.messages import Response, json_response

if TYPE_CHECKING:
    from ligament.connectors.cliniko.simulator.switches import Switches
    from ligament.connectors.cliniko.simulator.world import World
    from ligament.simkit.messages import Request

FINANCIAL: Final = frozenset({"invoices", "invoice_items"})
_WITH_ADDRESS = re.compile(r"\([^()\s]+@[^()\s]+\.[^()\s]+\)")


def user_of(world: World, request: Request) -> str | None:
    """Return the id of the user whose key the request carries, or None when it carries no valid one."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        given = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, _, password = given.rpartition(":")
    if password:
        return None
    return world.keys.get(name.removesuffix(f"-{world.shard}"))


def unauthorised(switches: Switches) -> Response:
    """Return the plain-text answer to a missing, unknown or revoked key."""
    headers = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("WWW-Authenticate", 'Basic realm="Application"'),
    )
    return Response(status=401, headers=headers, body=f"{switches.unauthorised_text}\n".encode())


def lacks_contact(switches: Switches, request: Request) -> bool:
    """Say whether the request is blocked because its User-Agent names no contact address."""
    return switches.require_user_agent and not _WITH_ADDRESS.search(request.headers.get("user-agent", ""))


def may_see(switches: Switches, role: str, resource: str) -> bool:
    """Say whether a role may read a resource; schedulers never see financial records."""
    if resource == "settings":
        return role == "administrator" or (role == "bookkeeper" and switches.bookkeeper_reads_settings)
    if resource not in FINANCIAL:
        return True
    return role != "scheduler" and (role != "bookkeeper" or switches.bookkeeper_reads_invoices)


def refusal(switches: Switches, status: int, message: str) -> Response:
    """Return a 403, 404 or 405; Cliniko does not document their bodies, so a switch decides."""
    match switches.error_body:
        case "json":
            return json_response(status, {"message": message})
        case "text":
            plain = (("Content-Type", "text/plain; charset=utf-8"),)
            return Response(status=status, headers=plain, body=f"{message}\n".encode())
        case "html":
            page = (("Content-Type", "text/html; charset=utf-8"),)
            return Response(status=status, headers=page, body=f"<html><body><h1>{message}</h1></body></html>".encode())
        case "empty":
            return Response(status=status)
