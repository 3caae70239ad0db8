"""Access tokens for OAuth 2 systems: fetched or refreshed by one process at a time, and kept before they are used."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from ligament.core.private import NOTHING, Private
from ligament.net.said import DAY_S, HOUR_S, count_said, wait_said
from ligament.net.session import NotSent, Unanswered
from ligament.net.token_vault import StoredTokens, TokenVault
from ligament.ports.errors import Broken, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ligament.net.session import Reply, Session
    from ligament.ports.clocks import Clock

GRACE = timedelta(minutes=30)
_DEFAULT_LIFE_S = 1800
_OK = 200
_TOO_MANY = 429
_SERVER_TROUBLE = 500
_VERIFIER_LENGTHS = range(43, 129)
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}

_SENTENCES = {
    "invalid_grant": "The sign-in to {system} has expired or was withdrawn. Please connect again.",
    "invalid_client": "{system} does not accept the client id or secret of the app. Please check them.",
    "unauthorized_client": "The app is not allowed to sign in to {system} in this way. Please check its type.",
    "invalid_scope": "{system} does not grant the app all the permissions it asks for. Please check its permissions.",
    "access_denied": "The connection to {system} was declined on its consent page.",
}


class TokenSource(Protocol):
    """Gives access tokens."""

    def bearer(self) -> str:
        """Return an access token that is good now; raises SignInAgain and TryLater."""
        ...

    def renew(self, refused: str = "") -> None:
        """Replace the access token that the system refused, unless somebody else already has."""
        ...

    def granted_scope(self) -> str:
        """Return the scope the system granted last, or an empty text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """A registered app: `system` is the name people know; `token_target` is a path on the session's address.

    An app without a secret is a public one and names itself in the form instead (PKCE).
    """

    system: str
    client_id: str
    client_secret: Private[str] = NOTHING
    scope: str = ""
    token_target: str = "/connect/token"  # noqa: S105 - a path, not a password


class _Endpoint:
    """Asks the token endpoint and sorts its answers into tokens and the five errors."""

    def __init__(self, app: OAuthApp, session: Session) -> None:
        self._app = app
        self._session = session

    def ask(self, grant: str, now: datetime, fields: Mapping[str, str]) -> StoredTokens:
        form: str = prepare_token_request(grant, **fields)
        secret = self._app.client_secret.reveal()
        auth = ClientAuth(self._app.client_id, secret, "client_secret_basic" if secret else "none")
        _, headers, body = auth.prepare("POST", self._app.token_target, dict(_FORM), form)
        try:
            reply = self._session.call("POST", self._app.token_target, headers=headers, body=body.encode())
        except NotSent as trouble:
            raise TryLater(f"The sign-in of {self._app.system} cannot be reached.", str(trouble)) from None
        return self._judge(reply, now)

    def _judge(self, reply: Reply, now: datetime) -> StoredTokens:
        system = self._app.system
        if reply.status == _TOO_MANY or reply.status >= _SERVER_TROUBLE:
            detail = f"token endpoint answered {reply.status}"
            raise TryLater(f"The sign-in of {system} is out of order for the moment.", detail, _wait(reply))
        answer = _object(reply.body)
        if reply.status != _OK:
            raise refusal(system, str(answer.get("error", "")), reply.status)
        access, life = answer.get("access_token"), answer.get("expires_in", _DEFAULT_LIFE_S)
        life_s = count_said(str(life)) if not isinstance(life, bool) else None
        if not isinstance(access, str) or not access or life_s is None:
            raise TryLater(f"The sign-in of {system} gave an answer that makes no sense.", "no access token in 200")
        return StoredTokens(
            access=Private(access),
            expires_at=now + timedelta(seconds=min(life_s, DAY_S)),
            scope=str(answer.get("scope") or self._app.scope),
            refresh=Private(str(answer.get("refresh_token") or "")),
        )


class _Kept:
    """What both kinds of grant share: the vault, the lock and the copy in memory."""

    def __init__(self, app: OAuthApp, session: Session, vault: TokenVault, clock: Clock) -> None:
        self._app = app
        self._endpoint = _Endpoint(app, session)
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._held: StoredTokens | None = None

    def bearer(self) -> str:
        """Return an access token that is good now: from memory, from the vault, or a new one."""
        with self._lock:
            if self._held is not None and self._held.is_good(self._clock.now()):
                return self._held.access.reveal()
            self._held = self._renewed("")
            return self._held.access.reveal()

    def renew(self, refused: str = "") -> None:
        """Replace the access token; one that differs from the refused one and is still good is kept."""
        with self._lock:
            if not refused and self._held is not None:
                refused = self._held.access.reveal()
            self._held = self._renewed(refused)

    def granted_scope(self) -> str:
        stored = self._vault.load()
        return stored.scope if stored else ""

    def _renewed(self, refused: str) -> StoredTokens:
        stored = self._vault.load()
        if not self._serves(stored, refused):
            with self._vault.exclusively():
                # Whoever held the lock before us may have done the work already.
                stored = self._vault.load()
                if not self._serves(stored, refused):
                    stored = self._fresh(stored)
        if stored is None:
            raise Broken("The sign-in left no tokens.", "no tokens after renewal")
        return stored

    def _serves(self, stored: StoredTokens | None, refused: str) -> bool:
        return stored is not None and stored.access.reveal() != refused and stored.is_good(self._clock.now())

    def _fresh(self, stored: StoredTokens | None) -> StoredTokens:
        raise NotImplementedError


class ClientCredentials(_Kept):
    """Tokens for an app that acts by itself; there is no refresh token, a new access token is fetched when needed."""

    def _fresh(self, stored: StoredTokens | None) -> StoredTokens:
        del stored
        fields = {"scope": self._app.scope} if self._app.scope else {}
        try:
            fresh = self._endpoint.ask("client_credentials", self._clock.now(), fields)
        except Unanswered as trouble:
            raise _silent(self._app, trouble) from None
        self._vault.save(fresh)
        return fresh


class AuthorizationCode(_Kept):
    """Tokens that a person's consent gave; each refresh replaces the refresh token."""

    def redeem(self, code: str, *, redirect_uri: str, verifier: str = "") -> StoredTokens:
        """Exchange the code of a consent for tokens and keep them; a code is good once, so nothing is repeated."""
        fields = {"redirect_uri": redirect_uri, "code": code}
        if verifier:
            fields["code_verifier"] = verifier
        try:
            with self._lock, self._vault.exclusively():
                fresh = self._endpoint.ask("authorization_code", self._clock.now(), fields)
                self._vault.save(fresh)
                self._held = fresh
        except Unanswered as trouble:
            raise SignInAgain(f"{self._app.system} gave no answer. Please connect again.", str(trouble)) from None
        return fresh

    def _fresh(self, stored: StoredTokens | None) -> StoredTokens:
        if stored is None or not stored.refresh:
            raise SignInAgain(f"{self._app.system} is not connected yet. Please connect it.", "no refresh token kept")
        try:
            return self._refreshed(stored, stored.refresh)
        except SignInAgain:
            # The newest refresh token was never proven: when the answer before was damaged on its way, the former one
            # still works during the grace period (30 minutes).
            if not self._former_may_serve(stored):
                raise
        return self._refreshed(stored, stored.former_refresh)

    def _former_may_serve(self, stored: StoredTokens) -> bool:
        return bool(stored.former_refresh) and (
            stored.former_at is not None and self._clock.now() - stored.former_at < GRACE
        )

    def _refreshed(self, stored: StoredTokens, using: Private[str]) -> StoredTokens:
        fields = {"refresh_token": using.reveal()}
        try:
            fresh = self._endpoint.ask("refresh_token", self._clock.now(), fields)
        except Unanswered:
            # The lost answer may have rotated the token; during the grace period the one we hold still works.
            try:
                fresh = self._endpoint.ask("refresh_token", self._clock.now(), fields)
            except Unanswered as trouble:
                raise _silent(self._app, trouble) from None
        kept = replace(
            fresh,
            refresh=fresh.refresh or using,
            former_refresh=using if fresh.refresh else stored.former_refresh,
            former_at=self._clock.now() if fresh.refresh else stored.former_at,
            scope=fresh.scope or stored.scope,
        )
        self._vault.save(kept)
        return kept


def consent_url(app: OAuthApp, authorise_url: str, *, redirect_uri: str, state: str, verifier: str = "") -> str:
    """Return the address of the consent page; `state` and `verifier` are fresh random texts of the caller's."""
    extra: dict[str, str] = {}
    if verifier:
        if len(verifier) not in _VERIFIER_LENGTHS:
            raise ValueError("A verifier has 43 to 128 characters.")
        extra = {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
    url: str = prepare_grant_uri(
        authorise_url, app.client_id, "code", redirect_uri=redirect_uri, scope=app.scope, state=state, **extra
    )
    return url


def code_from_callback(app: OAuthApp, callback: str, *, state: str) -> str:
    """Return the code from the address the consent page led back to; the state must be the one we gave."""
    answer = parse_qs(urlsplit(callback).query)
    if not state or answer.get("state", [""])[0] != state:
        raise SignInAgain("This sign-in was not started here or is too old. Please start again.", "state differs")
    if "error" in answer:
        raise refusal(app.system, answer["error"][0], 0)
    code = answer.get("code", [""])[0]
    if not code:
        raise SignInAgain(f"{app.system} gave no code. Please connect again.", "callback without a code")
    return code


def refusal(system: str, code: str, status: int) -> SignInAgain:
    """Return the error for a refusal by the sign-in, in a plain sentence."""
    known = code if code in _SENTENCES or code in {"invalid_request", "unsupported_grant_type"} else "unknown"
    sentence = _SENTENCES.get(known, "{system} refused the sign-in. Please connect again.")
    return SignInAgain(sentence.format(system=system), f"{known}, status {status}")


def _silent(app: OAuthApp, trouble: Unanswered) -> TryLater:
    return TryLater(f"The sign-in of {app.system} gave no answer.", str(trouble))


def _object(body: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _wait(reply: Reply) -> int:
    return wait_said(reply.headers.get("retry-after", ""), HOUR_S)
