"""QR codes: drawn here as inline SVG, with attributes only and on white ground."""

from __future__ import annotations

import io

import segno

_SCALE, _BORDER = 4, 4

_TITLE = "QR code for the authenticator app; the same secret stands below as text"


def qr_svg(text: str) -> str:
    """Return the picture of an authenticator's address, to be put into a page as it is."""
    held = io.BytesIO()
    looks = {"scale": _SCALE, "border": _BORDER, "dark": "#000", "light": "#fff", "svgclass": "qr", "lineclass": None}
    segno.make(text, error="m").save(held, kind="svg", xmldecl=False, svgns=False, title=_TITLE, **looks)
    return held.getvalue().decode().strip()
