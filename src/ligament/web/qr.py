"""QR codes: drawn here as inline SVG, with attributes only and on white ground."""

from __future__ import annotations

import io

import segno

_SCALE, _BORDER = 4, 4


def qr_svg(text: str, label: str) -> str:
    """Return the picture of a text, to be put into a page as it is; `label` says what it is for."""
    held = io.BytesIO()
    looks = {"scale": _SCALE, "border": _BORDER, "dark": "#000", "light": "#fff", "svgclass": "qr", "lineclass": None}
    segno.make(text, error="m").save(held, kind="svg", xmldecl=False, svgns=False, title=label, **looks)
    return held.getvalue().decode().strip()
