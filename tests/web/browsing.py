"""A person before the dashboard: keeps cookies, fills in the forms that the pages really have, and owns a telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus

import pyotp
from litestar.testing import TestClient

PASSWORD = "seventeen green kettles"
OWNER = "kim@riverside.example"
_REFUSED = 422


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._first: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=told.get("action", "")))
        elif not self.forms:
            return
        elif tag == "input" and told.get("name"):
            if told.get("type") in {"checkbox", "radio"} and "checked" not in told:
                return
            self.forms[-1].fields.append((told["name"], told.get("value", "")))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and "selected" in told:
            self.forms[-1].fields.append((self._select, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


@dataclass(slots=True)
class Page:
    """What came back."""

    status: int
    text: str
    headers: Any
    url: str

    def form(self, name: str) -> Form:
        """Return the form that has a field or an action of that name."""
        reader = _Reader()
        reader.feed(self.text)
        return next(form for form in reader.forms if form.has(name) or form.action == name)

    def inside(self, element: str) -> str:
        """Return the text of the element with that id."""
        found = re.search(rf'id="{element}"[^>]*>([^<]*)<', self.text)
        assert found, f"no #{element} on {self.url}"
        return found.group(1).strip()

    @property
    def location(self) -> str:
        return str(self.headers.get("location", ""))


@dataclass(slots=True)
class Telephone:
    """An authenticator; each code is of a step of its own, as if time had gone on."""

    secret: str
    used: int = 0

    def code(self) -> str:
        now = int(datetime.now(UTC).timestamp()) // 30
        step = max(now - 1, self.used + 1)
        assert step <= now + 1, "the telephone ran out of steps: ask for fewer codes in one test"
        self.used = step
        return pyotp.TOTP(self.secret).at(datetime.fromtimestamp(0, UTC) + timedelta(seconds=30 * step + 1))

    def old_code(self) -> str:
        """Return the code that was used last."""
        return pyotp.TOTP(self.secret).at(datetime.fromtimestamp(0, UTC) + timedelta(seconds=30 * self.used + 1))


def seen_from(app: Any, address: str) -> Any:
    """Return the application as callers from one address reach it."""

    async def reached(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": (address, 40_000)}, receive, send)

    return reached


@dataclass(slots=True)
class Person:
    """A browser with cookies of its own."""

    client: TestClient[Any]
    telephone: Telephone | None = None
    recovery: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> Page:
        return self._page(self.client.get(path, headers=_named(headers), follow_redirects=False))

    def post(self, path: str, fields: list[tuple[str, str]] | dict[str, str] | None = None, **headers: str) -> Page:
        """Send fields as they are, without looking at any page."""
        pairs = list(fields.items()) if isinstance(fields, dict) else fields or []
        content = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
        told = {"content-type": "application/x-www-form-urlencoded", **_named(headers)}
        return self._page(self.client.post(path, content=content, headers=told, follow_redirects=False))

    def send(self, page: Page, form: str, **values: str) -> Page:
        """Fill in a form of a page and send it."""
        found = page.form(form)
        kept = [(name, value) for name, value in found.fields if name not in values]
        return self.post(found.action, [*kept, *values.items()])

    def follow(self, page: Page) -> Page:
        """Go where an answer leads, until something is shown."""
        for _ in range(5):
            if page.status != 303:
                return page
            page = self.get(page.location)
        raise AssertionError("led in circles")

    # --- the usual ways -----------------------------------------------------------------------------------------------
    def set_up(self, key: str, email: str = OWNER) -> Page:
        """Go through the first start."""
        page = self.get(f"/setup?key={key}")
        told = {"name": "Kim Owner", "email": email, "password": PASSWORD, "password_again": PASSWORD}
        return self.enrol(self.follow(self.send(page, "email", **told)))

    def join(self, link: str) -> Page:
        """Go through an invitation."""
        page = self.get(link.split("8321", 1)[-1])
        return self.enrol(self.follow(self.send(page, "password", password=PASSWORD, password_again=PASSWORD)))

    def enrol(self, page: Page) -> Page:
        """Set the telephone up and type its code."""
        self.telephone = Telephone(page.inside("totp-secret"))
        done = self.send(page, "code", code=self.telephone.code())
        if done.status == _REFUSED:
            # On a busy machine the code's half minute may be over before it is looked at.
            done = self.send(done, "code", code=self.telephone.code())
        self.recovery = re.findall(r"<li><code>([^<]+)</code></li>", done.text)
        assert self.recovery, "the code was not taken"
        return done

    def sign_in(self, email: str = OWNER, password: str = PASSWORD) -> Page:
        """Sign in with both factors."""
        page = self.follow(self.send(self.get("/sign-in"), "password", email=email, password=password))
        assert self.telephone is not None
        return self.send(page, "code", code=self.telephone.code())

    def csrf(self, path: str = "/account") -> str:
        """Return the form token of a page."""
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.get(path).text)
        assert found
        return found.group(1)

    def _page(self, answer: Any) -> Page:
        return Page(status=answer.status_code, text=answer.text, headers=answer.headers, url=str(answer.url))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
