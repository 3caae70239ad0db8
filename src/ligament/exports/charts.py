"""Charts as SVG: plain marks in the colour of the text around them, without a ground, sizes or words of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ligament.core.money import two_places
from ligament.core.tables import Figure
from ligament.exports.cells import clean
from ligament.exports.errors import not_installed

_INK = "currentColor"
_FAINT = {
    "gridColor": _INK,
    "gridOpacity": 0.15,
    "domainColor": _INK,
    "tickColor": _INK,
    "labelColor": _INK,
    "titleColor": _INK,
}
_CONFIG = {"aria": False, "view": {"stroke": None}, "axis": _FAINT, "legend": {"labelColor": _INK, "titleColor": _INK}}
_LEGEND = {
    "title": None, "orient": "top", "symbolType": "square", "labelFontSize": 12,
    "symbolStrokeColor": _INK, "symbolFillColor": _INK,
}  # fmt: skip
# The first of the compared things is dark, the second pale, the third paler: told apart without any colour.
_FILLS = (0.85, 0.3, 0.1)
_WIDTH, _HEIGHT, _LETTER = 560, 180, 7
"""In points of the drawing, which is scaled to the room there is."""
_SPARE = 2
"""For each letter of the longest label: where it is read, letters may be wider than where it was measured."""
_HANGING = -40
_CACHED = 128


def draw(figure: Figure) -> str:
    """Return a figure as SVG to stand inside a page or a document; the same figure is drawn once."""
    return _drawn(json.dumps(specification(figure), sort_keys=True))


@lru_cache(maxsize=_CACHED)
def _drawn(specification: str) -> str:
    try:
        import vl_convert  # noqa: PLC0415 - loads a browser's engine, which few commands need; an extra that may be missing
    except ModuleNotFoundError:
        raise not_installed("A chart") from None
    drawn: str = vl_convert.vegalite_to_svg(json.loads(specification))
    # A reader is told by the caption and the table beside it; single marks would only be noise.
    return drawn.replace("<svg ", '<svg aria-hidden="true" ', 1)


def specification(figure: Figure) -> dict[str, Any]:
    """Return a figure as plain Vega-Lite: bars side by side, in the order in which they are given."""
    labels = _in_order(point.label for point in figure.points)
    series = _in_order(point.series for point in figure.points)
    values = [
        {"label": clean(point.label), "series": clean(point.series), "amount": two_places(point.amount)}
        for point in figure.points
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "padding": {"left": 5 + _SPARE * max(map(len, labels), default=0), "right": 5, "top": 5, "bottom": 5},
        "width": _WIDTH,
        "height": _HEIGHT,
        "config": _CONFIG,
        "data": {"values": values, "format": {"type": "json", "parse": {"amount": "number"}}},
        "mark": {"type": "bar", "color": _INK, "stroke": _INK, "strokeWidth": 1, "strokeOpacity": 1, **_pale(series)},
        "encoding": _encoding(labels, series),
    }


def _encoding(labels: Sequence[str], series: Sequence[str]) -> Mapping[str, Any]:
    amounts = {"field": "amount", "type": "quantitative", "title": None, "axis": {"format": ",.0f", "tickCount": 5}}
    named = {"field": "label", "type": "nominal", "sort": labels, "title": None}
    if len(series) < 2 and not _fit(labels):  # noqa: PLR2004 - nothing to compare
        # Long words read better beside bars that lie than hanging under bars that stand.
        return {"x": amounts, "y": {**named, "scale": {"paddingInner": 0.3}, "axis": {"labelLimit": _WIDTH // 2}}}
    angle = 0 if _fit(labels) else _HANGING
    shared: dict[str, Any] = {"x": {**named, "axis": {"labelAngle": angle, "labelLimit": 120}}, "y": amounts}
    if len(series) < 2:  # noqa: PLR2004 - nothing to compare
        return shared
    scale = {"domain": series, "range": [_FILLS[min(place, len(_FILLS) - 1)] for place in range(len(series))]}
    shared["xOffset"] = {"field": "series", "sort": series}
    shared["opacity"] = {"field": "series", "type": "nominal", "scale": scale, "legend": _LEGEND}
    return shared


def _pale(series: Sequence[str]) -> Mapping[str, Any]:
    """Return how bars are filled that stand for one thing only; those of several are told apart by it."""
    return {"fillOpacity": 0.6} if len(series) < 2 else {}  # noqa: PLR2004 - nothing to compare


def _fit(labels: Sequence[str]) -> bool:
    """Say whether labels fit beside each other; else they hang, or stand beside bars that lie."""
    room = _WIDTH // max(len(labels), 1)
    return all(len(label) * _LETTER <= room for label in labels)


def _in_order(texts: Any) -> list[str]:  # noqa: ANN401 - texts, one after the other
    return [clean(text) for text in dict.fromkeys(texts)]
