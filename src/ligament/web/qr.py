"""QR codes: drawn here as inline SVG, with attributes only and on white ground."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

_SCALE, _BORDER = 4, 4


def qr_svg(text: str, label: str) -> Markup:
    """Return the picture of a text; `label` says to those who do not see it what it is for."""
    held = io.BytesIO()
    segno.make(text, error="m").save(
        held, kind="svg", scale=_SCALE, border=_BORDER, dark="#000", light="#fff", xmldecl=False, svgns=False,
        title=label, svgclass="qr", lineclass=None, omitsize=False,
    )  # fmt: skip
    return Markup(held.getvalue().decode().strip())  # noqa: S704 - made by the library from a text that it encodes
