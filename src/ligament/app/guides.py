"""Guides and recipes that come with the program: listed by name with their first line, and told in full."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from ligament.app.known_words import did_you_mean
from ligament.app.results import Result
from ligament.wiring.errors import ConfigurationError

_RECIPE, _GUIDE = ".toml", ".md"
_INSIDE = ("examples", "rules")


def recipes(name: str | None = None) -> Result:
    """Return the list of recipes, or one of them as `name` and `text`; raises ConfigurationError for an unknown one.

    Whole rulebooks stand first, then whole examples and single rules as `FOLDER/NAME`.
    """
    folder = _folder("recipes")
    found = _texts(folder, _RECIPE)
    for inside in _INSIDE:
        found |= _texts(folder / inside, _RECIPE, f"{inside}/")
    return _told("recipe", found, name)


def guides(name: str | None = None) -> Result:
    """Return the list of guides, or one of them as `name` and `text`; raises ConfigurationError for an unknown one."""
    return _told("guide", _texts(_folder("guides"), _GUIDE), name)


def _folder(name: str) -> Traversable:
    """Return a folder of the package: in the repository a link to the one beside it, in a wheel its own copy."""
    return files("ligament") / name


def _texts(folder: Traversable, ending: str, before: str = "") -> dict[str, str]:
    found = sorted((one for one in folder.iterdir() if one.name.endswith(ending)), key=lambda one: one.name)
    return {before + one.name.removesuffix(ending): one.read_text(encoding="utf-8") for one in found}


def _told(kind: str, found: dict[str, str], name: str | None) -> Result:
    if name is None:
        listed = [{"name": one, "sentence": _first_line(text)} for one, text in found.items()]
        return Result(document={f"{kind}s": listed})
    wanted = name.strip().removesuffix(_RECIPE).removesuffix(_GUIDE)
    places = (wanted, *(f"{inside}/{wanted}" for inside in _INSIDE))
    meant = next((one for one in places if one in found), wanted)
    if meant not in found:
        hint = did_you_mean(wanted, found, cutoff=0.4) or f" `ligament {kind}s` lists them."
        raise ConfigurationError((f'There is no {kind} "{name}".{hint}',), "NAME")
    return Result(document={"name": meant, "text": found[meant]})


def _first_line(text: str) -> str:
    """Return the first comment of a recipe or the title of a guide."""
    return text.partition("\n")[0].lstrip("#").strip()
