"""The frame: turns a request into a visit, lets the guards look, asks the page, and puts its answer on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ligament.app.access.answers import Visitor
from ligament.app.access.sessions import Recognised, lapsed_user, recognise
from ligament.service.progress import BOARD
from ligament.web import drafts, live
from ligament.web.page import (
    Answer,
    Forbidden,
    House,
    Moved,
    NotOurForm,
    NotThere,
    Page,
    Sent,
    Shown,
    Streamed,
    Values,
    Visit,
)
from ligament.web.rendering import render
from ligament.web.security import cookies
from ligament.web.security.guards import admit, page_behind
from ligament.web.security.hosts import address_of, is_own_form, is_surely_own_form
from ligament.wiring.ambient import random_bytes

MOST_FIELDS = 20_000
FRAGMENT = "ligament-fragment"
"""The header by which our own script says that nobody asked by hand."""
_REFUSED = {
    403: ("This is not for you", "Your role does not include this. Nothing was changed; ask an owner of the clinic."),
    404: ("There is no such page", "The address may be mistyped, or what it showed is gone."),
    405: ("This does not work like that", "Go back and use the form on the page."),
    413: ("This was too much at once", "Nothing was changed. Send less in one go."),
    421: ("Not under this name", "Ligament does not answer under this name. LIGAMENT_PUBLIC_URL sets its name."),
    429: ("Too many attempts", "Wait a little before you try again."),
    503: ("The database does not answer", "Nothing was changed. Try again in a moment."),
}
_BACK_AGAIN = "You had to show who you are first. What you had typed is here again; nothing of it was sent yet."
_NOT_TAKEN = "This form was not taken"
_NOT_OURS = "It did not come from Ligament's own page, or that page was open for too long. Nothing was changed."
_TOO_OLD = "You signed in or out elsewhere since its page was opened. Nothing was changed. Open the page again"
_KEPT, _NOT_KEPT = f"{_TOO_OLD}: what you had typed is there.", f"{_TOO_OLD}, and send it once more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, read: everything that a page may come to know of it."""

    method: str
    path: str
    values: Mapping[str, str]
    query: str
    body: bytes
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    peer: str

    def header(self, name: str) -> str:
        """Return a header, or an empty text."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, ready to be sent; with a `watch` it goes on until the browser leaves."""

    content: bytes
    status: int = 200
    media_type: str = "text/html"
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    watch: Any = None


SIGNED_OUT = Reply(content=live.SIGNED_OUT, media_type="text/event-stream")
"""The answer to a stream whose session is over: a page's cookie would replace the one of a form that is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Answers for pages; `menu` are the pages that stand in a clinic's menu."""

    house: House
    menu: tuple[Page, ...]

    def answer(self, page: Page, asked: Asked) -> Reply:
        visit = self._visit(page, asked)
        try:
            self._must_be_ours(page, asked, visit)
            first = admit(page, visit)
            if first is not None:
                return SIGNED_OUT if page.is_stream else self._led(visit, first)
            extra = self._with_draft(asked, visit)
            visit.stream = "" if page.is_stream or page.reads_pulse else live.stream_of(visit)
            reply = self._reply(visit, page.answer(visit))
            return replace(reply, headers=[*reply.headers, *extra])
        except NotThere:
            return self.refusal(404)
        except NotOurForm:
            self._note_refusal(page, visit, "foreign form")
            return self._not_taken(asked, visit)
        except Forbidden as reason:
            self._note_refusal(page, visit, "role")
            return self.refusal(403, str(reason))

    def _not_taken(self, asked: Asked, visit: Visit) -> Reply:
        """Refuse a form; from where the browser says that it is ours, what was typed comes back with its page."""
        behind = page_behind(visit.path, visit.form.get("back"))
        if not is_surely_own_form(asked.header, self.house.settings.public_url):
            return refusal(403, _NOT_OURS, title=_NOT_TAKEN, back=behind)
        kept = self._kept_draft(visit, behind)
        carried = [
            (name, visit.form.get(name)) for name in ("key", "next") if visit.page.is_open and visit.form.get(name)
        ]
        back = f"{behind}?{urlencode(carried)}" if carried else behind
        reply = refusal(403, _KEPT if kept else _NOT_KEPT, title=_NOT_TAKEN, back=back)
        return replace(reply, headers=[*reply.headers, *kept])

    def _kept_draft(self, visit: Visit, behind: str) -> list[tuple[str, str]]:
        """Keep what was typed for who is, or just was, signed in; returns the header by which it is found again."""
        is_here = visit.found is not None and visit.found.is_signed_in
        whose = visit.lapsed or (visit.signed_in.user.id if is_here else "")
        kept = drafts.keep(self.house.access, whose, behind, visit.form) if whose else ""
        return [("set-cookie", cookies.set_cookie(drafts.COOKIE, kept, is_secure=self.house.is_secure))] if kept else []

    def _led(self, visit: Visit, first: Moved) -> Reply:
        """Lead somewhere else first; what was typed when the session had ended, or the code is due, is kept."""
        reply = self._reply(visit, first)
        kept = self._kept_draft(visit, page_behind(visit.path, visit.form.get("back")))
        return replace(reply, headers=[*reply.headers, *kept])

    def _with_draft(self, asked: Asked, visit: Visit) -> list[tuple[str, str]]:
        """Give a page what was typed there before; returns the header that takes the cookie away then."""
        by_https = self.house.is_secure
        secret = asked.cookies.get(cookies.cookie_name(drafts.COOKIE, is_secure=by_https), "")
        if not secret or visit.page.method != "GET" or visit.found is None or not visit.found.is_signed_in:
            return []
        draft = drafts.take(self.house.access, secret, visit.found, visit.path)
        if draft is None:
            return []
        visit.draft = draft
        return [("set-cookie", cookies.drop_cookie(drafts.COOKIE, is_secure=by_https))]

    def _note_refusal(self, page: Page, visit: Visit, why: str) -> None:
        """Put into the journal that somebody who is signed in asked for what they may not do."""
        if visit.found is not None and visit.found.is_signed_in:
            name, source = visit.caller.name, visit.visitor.source
            self.house.access.note("access.refused", page.path, actor=name, source=source, why=why)

    def _visit(self, page: Page, asked: Asked) -> Visit:
        by_https, access = self.house.is_secure, self.house.access
        secret = asked.cookies.get(cookies.cookie_name(cookies.SESSION, is_secure=by_https), "")
        lapsed = lapsed_user(access, secret) if page.method != "GET" else ""
        is_by_hand = not asked.header(FRAGMENT)
        found = recognise(access, secret, by_hand=is_by_hand)
        form_tokens = cookies.form_tokens(asked.cookies, is_secure=by_https)
        settings = self.house.settings
        address = address_of(asked.peer, asked.header, settings.trusted_proxies)
        return Visit(
            house=self.house,
            page=page,
            path=asked.path,
            values=asked.values,
            query=_values(asked.query),
            form=_form(asked),
            visitor=Visitor(address=address, agent=asked.header("user-agent")),
            csrf=self._session_token(found) or next(iter(form_tokens), ""),
            form_tokens=form_tokens,
            host=asked.header("host"),
            is_by_hand=is_by_hand,
            found=found,
            secret=secret,
            lapsed=lapsed,
        )

    def _session_token(self, found: Recognised | None) -> str:
        """Return what the forms of somebody who is signed in show, else an empty text."""
        if found is None or not found.is_signed_in:
            return ""
        return cookies.session_token(self.house.form_key(), found.user.id, found.session.began_at)

    def _must_be_ours(self, page: Page, asked: Asked, visit: Visit) -> None:
        """Raise NotOurForm for a form that is not ours; signed out, one is sent to sign in instead.

        A page that needs no session may have been opened before somebody signed in, in another tab even.
        """
        if page.method == "GET":
            return
        if not is_own_form(asked.header, self.house.settings.public_url):
            raise NotOurForm
        is_here = visit.found is not None and visit.found.is_signed_in
        if not page.is_open and not is_here:
            return
        right = {visit.csrf, *(visit.form_tokens if page.is_open else ())}
        given = visit.form.get("csrf_token")
        if not any(cookies.is_right_token(given, one) for one in right):
            raise NotOurForm

    # --- answers ------------------------------------------------------------------------------------------------------
    def _reply(self, visit: Visit, answer: Answer) -> Reply:
        match answer:
            case Shown():
                return self._shown(visit, answer)
            case Moved():
                headers = [("location", answer.to), *self._session_cookie(answer.secret, ends=answer.ends)]
                self._keep_flash(visit, answer)
                return Reply(content=b"", status=303, headers=headers)
            case Streamed():
                return Reply(content=b"", watch=answer.watch)
            case Sent():
                kept = [("content-disposition", f'attachment; filename="{answer.filename}"')] if answer.filename else []
                return Reply(content=answer.content, status=answer.status, media_type=answer.media_type, headers=kept)

    def _keep_flash(self, visit: Visit, answer: Moved) -> None:
        if answer.flash and visit.found is not None:
            self.house.access.sessions.tell(visit.found.session.id, answer.flash)

    def _shown(self, visit: Visit, answer: Shown) -> Reply:
        headers = [*answer.headers.items(), *self._session_cookie(answer.secret, ends=answer.ends)]
        if answer.secret:
            visit.csrf = self._session_token(recognise(self.house.access, answer.secret, by_hand=False))
        elif not visit.csrf:
            secret, name = (
                self.house.access.secret(24),
                cookies.form_cookie_name(random_bytes(cookies.MARK_BYTES).hex()),
            )
            visit.csrf = cookies.csrf_of(secret)
            headers.append(("set-cookie", cookies.set_cookie(name, secret, is_secure=self.house.is_secure)))
        text = render(answer.template, {**self._around(visit), **answer.values})
        return Reply(content=text.encode(), status=answer.status, headers=headers)

    def _session_cookie(self, secret: str | None, *, ends: bool) -> list[tuple[str, str]]:
        by_https = self.house.is_secure
        if ends:
            gone = ("set-cookie", cookies.drop_cookie(cookies.SESSION, is_secure=by_https))
            return [gone, ("clear-site-data", '"cache", "storage"')]
        if secret:
            return [("set-cookie", cookies.set_cookie(cookies.SESSION, secret, is_secure=by_https))]
        return []

    def _around(self, visit: Visit) -> dict[str, Any]:
        """Return what every template may use."""
        found = visit.found if visit.found is not None and visit.found.is_signed_in else None
        # What the next page says once is for the eyes of who asked, not for a tab that refreshes itself meanwhile.
        flash = found.session.flash if found and visit.is_by_hand else ""
        if found and flash:
            self.house.access.sessions.tell(found.session.id, "")
        return {
            **NOTHING_AROUND,
            "visit": visit,
            "stream": visit.stream,
            "behind": page_behind(visit.path, visit.form.get("back")) if visit.page.method != "GET" else "",
            "me": found.user if found else None,
            "may": {right.value for right in found.caller.rights} if found else set(),
            "page": visit.page,
            "csrf": cookies.masked(visit.csrf, random_bytes(cookies.PAD_BYTES)),
            "flash": flash or (_BACK_AGAIN if visit.draft.pairs else ""),
            "typed": visit.typed,
            "clinic": visit.the_clinic,
            "clinic_id": visit.clinic_id,
            "clinic_path": visit.clinic_path if visit.the_clinic else "",
            "clinics": visit.clinics() if found else {},
            "menu": [one for one in self.menu if one.right is None or visit.may(one.right)] if found else [],
            "going_on": BOARD.of(visit.the_clinic.name) if found and visit.the_clinic else None,
            "zone": visit.the_clinic.rulebook.clinic.time_zone if visit.the_clinic else self._zone(),
        }

    def _zone(self) -> str:
        """Return the zone of pages that belong to no clinic: the first clinic's."""
        clinics = self.house.settings.clinics
        return clinics[0].rulebook.clinic.time_zone if clinics else "UTC"

    def refusal(self, status: int, why: str = "", reference: str = "") -> Reply:
        """Return a plain page that says what did not work, and nothing of the inside."""
        return refusal(status, why, reference)


NOTHING_AROUND: Mapping[str, Any] = {
    "visit": None, "stream": "", "behind": "",
    "me": None, "may": frozenset[str](), "page": None, "csrf": "", "flash": "", "clinic": None,
    "clinic_id": "", "clinic_path": "", "clinics": {}, "menu": (), "zone": "UTC", "going_on": None,
    "errors": {}, "typed": Values(),
}  # fmt: skip


def refusal(status: int, why: str = "", reference: str = "", *, title: str = "", back: str = "") -> Reply:
    """Return a plain page that says what did not work, and nothing of the inside; `back` is where to go on."""
    usual, sentence = _REFUSED.get(status, ("This did not work", "Nothing was changed. Go back and try again."))
    told = {"title": title or usual, "sentence": why or sentence, "reference": reference, "back": back}
    values = {**NOTHING_AROUND, **told, "status": status}
    return Reply(content=render("refused", values).encode(), status=status)


def slow_down(seconds: int) -> Shown:
    """Return the answer for somebody who failed too often."""
    return Shown(template="slow", status=429, headers={"retry-after": str(seconds)}, values={"seconds": seconds})


def _values(text: str) -> Values:
    try:
        return Values(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return Values()


def _form(asked: Asked) -> Values:
    if asked.method == "GET" or not asked.header("content-type").startswith("application/x-www-form-urlencoded"):
        return Values()
    return _values(asked.body.decode("utf-8", "replace"))
