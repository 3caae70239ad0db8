"""Masks secrets and personal data in anything that goes to a log or an error."""

from __future__ import annotations

import base64
import re
import threading
from urllib.parse import quote, quote_plus

MASK = "•••"
_SHORTEST_SECRET = 6
_PATTERNS = (
    # "Authorization: Basic abc" and "Bearer abc" anywhere in a text.
    (re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
    # JSON Web Tokens stand out by their beginning.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}"), MASK),
    # name=value and "name": "value" of things that are secret by name.
    (
        re.compile(
            r"(?i)(\b(?:access_token|refresh_token|id_token|client_secret|code_verifier|api[_-]?key|password|secret)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)[a-z0-9._%+'-]+(?:@|%40)[a-z0-9-]+(?:\.[a-z0-9-]+)+"), MASK),
)
_QUERY_VALUE = re.compile(r"([?&][^=&\s#]+)=[^&\s#\"']*")


class Redactor:
    """Knows this installation's secrets and takes them out of texts, also in their encoded forms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()

    def register(self, secret: str) -> None:
        """Mask this text from now on, in every form in which it may go over the wire; very short ones are ignored."""
        if len(secret) < _SHORTEST_SECRET or secret in self._secrets:
            return
        raw = secret.encode()
        forms = {
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            base64.b64encode(raw).decode(),
            base64.b64encode(raw + b":").decode(),
            base64.urlsafe_b64encode(raw).decode().rstrip("="),
        }
        with self._lock:
            # The longest first, so that no form leaves its end standing behind a shorter one.
            self._secrets = tuple(sorted({*self._secrets, *forms}, key=len, reverse=True))

    def text(self, text: str) -> str:
        """Return the text without secrets, e-mail addresses and values of queries."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _QUERY_VALUE.sub(rf"\1={MASK}", text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text
