"""The page about OWASP ASVS is complete and true, and what no other test shows of it is shown here."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from ligament.app.access import proofs
from ligament.app.access.sessions import IDLE
from ligament.core.passwords import complaint
from ligament.web.application import MOST_BYTES
from ligament.web.frame import MOST_FIELDS
from ligament.web.pages.registry import ALL
from ligament.wiring.ambient import random_text
from ligament.wiring.fault_log import log_fault
from tests.web import asvs
from tests.web.browsing import OWNER, PASSWORD
from tests.web.conftest import Shop

PACKAGE = asvs.ROOT / "src" / "ligament"
MAKERS = {"core/frozen.py", "core/rules/translate.py", "core/rules/operators.py"}


# --- the page ---------------------------------------------------------------------------------------------------------


def test_every_requirement_of_levels_one_and_two_is_told_once() -> None:
    told = [*asvs.COVERED, *asvs.spread("not_here"), *asvs.spread("operator")]
    assert sorted(told) == sorted(asvs.EVERY)


def test_every_test_that_the_page_names_exists() -> None:
    assert asvs.missing_tests() == []
    assert all(tests for _, tests in asvs.COVERED.values())


def test_the_page_is_up_to_date() -> None:
    assert asvs.PAGE.read_text(encoding="utf-8") == asvs.page(), "run: python -m tests.web.asvs"


# --- in the code ------------------------------------------------------------------------------------------------------


def test_no_template_puts_text_into_a_page_unescaped() -> None:
    unescaped = {
        file.name: found
        for file in (PACKAGE / "web" / "templates").glob("*.jinja")
        if (found := re.findall(r"\{\{[^}]*\|\s*safe\b[^}]*\}\}|autoescape false", file.read_text(encoding="utf-8")))
    }
    # Both are drawings made here; that no name gets out of a chart's labels is shown in tests/exports/test_files.py.
    assert unescaped == {"enrol.html.jinja": ["{{ qr | safe }}"], "reports.html.jinja": ["{{ chart.svg | safe }}"]}


def calls(names: set[str]) -> list[str]:
    """Return where our package calls something of these names with a text that is put together."""
    found = []
    for file in PACKAGE.rglob("*.py"):
        if "tests" in file.parts or "simulator" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) in names:
                found += [f"{file.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)[:80]}"]
    return found


def name_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_no_statement_is_put_together_from_text() -> None:
    made = [place for place in calls({"text", "exec_driver_sql"}) if re.search(r"""\(f['"]|\+|%|\.format""", place)]
    # The names of tables and columns come from our own list of them, never from what somebody said or a backup holds.
    ours = (
        r"ANALYZE \{table\.name\}|DROP (TABLE|FUNCTION) IF EXISTS"
        r'|store/backup/fresh\.py.*INSERT INTO "\{table\.name\}" \(\{listed\}\)'
    )
    of_our_tables = [place for place in made if re.search(ours, place)]
    assert made == of_our_tables


def test_the_package_starts_no_other_program() -> None:
    found = calls({"eval", "exec", "system", "popen", "Popen", "check_output", "check_call"})
    said = [place for place in found if re.search(r" (eval|exec|os\.\w+|subprocess\.\w+)\(", place)]
    # Records get their constructors from their own fields; rules, once compiled, become our own words and constants.
    assert {place.partition(":")[0] for place in said} <= MAKERS


def test_no_weak_digest_is_used() -> None:
    weak = [place for place in calls({"md5", "sha1", "new"}) if re.search(r"md5|sha1\b", place)]
    # A list of addresses names its members so; it protects nothing.
    assert [place for place in weak if "usedforsecurity=False" not in place] == []


# --- passwords --------------------------------------------------------------------------------------------------------


def test_common_passwords_are_refused_and_good_ones_taken() -> None:
    about = ("Kim Underwood", "kim.underwood@riverside.example")
    for bad in (
        "password1234", "Passw0rd!!!!", "qwertyuiop12", "123456789012", "iloveyou1234", "aaaaaaaaaaaa", "abcabcabcabc",
        "abcdefghijkl", "letmein12345", "ligament2026!", "kimunderwood1", "riverside.example1", "adminadmin12",
    ):  # fmt: skip
        assert complaint(bad, about=about), bad
    for good in (
        PASSWORD,
        "x" * 3 + "Lorem ipsum dolor",
        "пароль из трёх слов",
        "Zq7!mWv2#pLk",
        "a" * 60 + "bcdwxyzmk",
    ):
        assert not complaint(good, about=about), good
    assert complaint("kürzer", about=about)
    assert complaint("nobody types so much " * 20, about=about)


def test_passwords_that_stood_in_breaches_are_refused() -> None:
    for bad in ("1qaz2wsx3edc", "123qweasdzxc", "leavemealone", "PeanutButter", "sanfrancisco", "whosyourdaddy"):
        assert complaint(bad), bad
    assert not complaint("peanut butter and a lamp")


def test_a_password_is_taken_exactly_as_it_was_typed() -> None:
    kept = proofs.hashed("  Spaces, and CASE\tmatter ")
    assert proofs.fits("  Spaces, and CASE\tmatter ", kept)
    for other in ("Spaces, and CASE\tmatter", "  spaces, and case\tmatter ", "  Spaces, and CASE\tmatter"):
        assert not proofs.fits(other, kept)
    assert not proofs.fits("", "")


def test_a_password_costs_what_the_library_advises() -> None:
    assert extract_parameters(PasswordHasher().hash("x")) == RFC_9106_LOW_MEMORY
    source = Path(proofs.__file__).read_text(encoding="utf-8")
    assert "_HASHER = PasswordHasher()\n" in source


def test_password_fields_are_masked_and_made_for_password_managers(shop: Shop) -> None:
    pages = [shop.person().get("/sign-in"), shop.person().get(f"/setup?key={shop.key}"), shop.owner().get("/account")]
    fields = [field for page in pages for field in re.findall(r"<input[^>]*password[^>]*>", page.text)]
    assert len(fields) >= 6
    for field in fields:
        if 'type="hidden"' not in field:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert "paste" not in field


def test_a_password_works_after_years(shop: Shop) -> None:
    shop.owner()
    shop.restart(later=timedelta(days=3 * 365))
    person = shop.person()
    asked = person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD)
    assert asked.location.startswith("/sign-in/code")


def test_signing_out_stands_on_every_page(shop: Shop) -> None:
    owner = shop.owner()
    shown = [page.path.replace("{clinic}", "north") for page in ALL if page.method == "GET" and not page.is_open]
    looked = [owner.get(path) for path in shown if "{" not in path and "." not in path and not path.endswith("/live")]
    pages = [page for page in looked if page.status == 200]
    assert len(pages) > 20
    for page in pages:
        assert '<form method="post" action="/sign-out">' in page.text.partition('<main id="main"')[0], page.url


def test_secrets_are_long_and_differ() -> None:
    codes = [code for _ in range(20) for code in proofs.recovery_codes(random_text)]
    assert len(set(codes)) == 200
    assert all(re.fullmatch(r"([a-z2-9]{4}-){5}[a-z2-9]{4}", code) for code in codes)
    assert len(set("".join(codes)) - {"-"}) == 31
    assert len(random_text(32)) == 43
    assert len(proofs.new_totp_secret()) == 32


# --- answers ----------------------------------------------------------------------------------------------------------


def test_texts_name_their_character_set(shop: Shop) -> None:
    person = shop.person()
    for path in ("/sign-in", "/nothing", *re.findall(r'href="(/static/[^"]+css)"', person.get("/sign-in").text)):
        assert person.get(path).headers["content-type"].endswith("; charset=utf-8"), path


def test_other_methods_are_refused(shop: Shop) -> None:
    client = shop.person().client
    for method in ("TRACE", "PUT", "DELETE", "PATCH"):
        for path in ("/sign-in", "/healthz", "/static/x.css"):
            assert client.request(method, path).status_code == 405, (method, path)


def test_an_error_of_ours_tells_a_number_and_the_log_tells_no_message(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = shop.owner()

    def broken(*_: object) -> None:
        raise RuntimeError("Ada Lovelace, 1 Sample Street")

    monkeypatch.setattr("ligament.web.pages.clinics.glance", broken)
    answer = owner.get("/clinics")
    reference = re.search(r"<code>([\w-]{8})</code>", answer.text)
    assert (answer.status, bool(reference)) == (500, True)
    log = capsys.readouterr().err
    assert reference
    assert f"reference={reference.group(1)}" in log
    assert re.search(r"^timestamp=\d{4}-\d\d-\d\dT\S+Z level=error event=\"a page failed\"", log, re.MULTILINE)
    assert "RuntimeError" in log
    for text in (log, answer.text):
        assert "Lovelace" not in text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


def test_nobody_writes_a_line_of_their_own_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log_fault(RuntimeError("x"), "ref\nlevel=error event=forged", "/c/x\r\nlevel=error event=forged\x1b[31m")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_lines_are_written_in_one_place_and_to_standard_error_only() -> None:
    touching = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(import|from) (structlog|logging)\b", file.read_text(encoding="utf-8"), re.MULTILINE)
        and "tests" not in file.parts
    }
    # These make a library say less, and write nothing themselves.
    silencing = {"notifications/channels.py": ".setLevel(", "engine/durable.py": ".addFilter("}
    assert touching == {"wiring/logs.py", *silencing}
    assert "PrintLogger(sys.stderr)" in (PACKAGE / "wiring" / "logs.py").read_text(encoding="utf-8")
    for name, how in silencing.items():
        text = (PACKAGE / name).read_text(encoding="utf-8")
        assert how in text, name
        assert not re.search(r"\.(debug|info|warning|error|exception|critical|log)\(", text), name


# --- written down -----------------------------------------------------------------------------------------------------
WRITTEN = {
    "2.1": ("## What may be entered, and how much", "Fields with rules of their own"),
    "11.1": ("## Cryptography", "The vault's key is made with the home"),
    "13.1": ("## What talks to what",),
    "14.1": ("## Levels of protection", "| secret |", "| personal |", "| business |", "| never here |"),
    "15.1": ("## Libraries", "within 7 days", "within 90 days", "## What costs much"),
    "16.1": ("## Logs", "There is no other log."),
    "operator": ("## Up to the operator",),
}


def test_what_the_standard_wants_written_down_is_written() -> None:
    told = (asvs.ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert {key: [one for one in parts if one not in told] for key, parts in WRITTEN.items()} == {
        key: [] for key in WRITTEN
    }
    for manifest in (PACKAGE / "connectors").glob("*/manifest.toml"):
        for host in re.findall(r'^\w*url = "https://([^/"]+)', manifest.read_text(encoding="utf-8"), re.MULTILINE):
            assert host in told, host
    for limit in (f"{MOST_BYTES // 1_000_000} MB", f"{MOST_FIELDS:,} fields", f"{IDLE.seconds // 60} minutes idle"):
        assert limit in told, limit


KINDS = {
    "AESGCM": "AES-256-GCM", "PasswordHasher": "Argon2id", "pyotp": "TOTP", "sha256": "SHA-256", "blake2b": "BLAKE2",
    "hmac": "HMAC", "create_ssl_context": "TLS 1.2", "md5": "MD5",
}  # fmt: skip
"""What stands in the code, and what it is called in the inventory."""


def test_every_kind_of_cryptography_stands_in_the_inventory() -> None:
    told = (asvs.ROOT / "docs" / "security.md").read_text(encoding="utf-8").partition("## Cryptography")[2]
    assert all(name in told for name in KINDS.values())
    found = set()
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "tests" in file.parts or "simulator" in file.parts:
            continue
        found |= set(re.findall(r"hashlib\.(\w+)\(", text))
        found |= set(re.findall(r"from cryptography[\w.]* import ([\w, ]+)$", text, re.MULTILINE))
        found |= {"create_ssl_context"} if "create_ssl_context" in text else set()
    assert found - {*KINDS, "InvalidTag"} == set()


def test_failures_are_in_the_journal_without_what_was_typed(shop: Shop) -> None:
    shop.owner()
    viewer = shop.member("vi@x.example", "viewer")
    assert viewer.get("/users").status == 403
    assert viewer.post("/account/sessions", {"csrf_token": "x"}).status == 403
    person = shop.person()
    for email, password in ((OWNER, "my wrong password"), ("typed@wrong.example", "my wrong password")):
        person.send(person.get("/sign-in"), "password", email=email, password=password)
    page = person.follow(person.send(person.get("/sign-in"), "password", email=OWNER, password=PASSWORD))
    person.send(page, "code", code="918273")
    with shop.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, actor, subject, public FROM journal WHERE clinic = '*' ORDER BY sequence"
        ).all()
    told = [tuple(row) for row in rows if row[0] in {"access.failed", "access.refused"}]
    assert told == [
        ("access.refused", "vi@x.example", "/users", '{"why":"role"}'),
        ("access.refused", "vi@x.example", "/account/sessions", '{"why":"foreign form"}'),
        ("access.failed", "somebody", OWNER, '{"what":"password"}'),
        ("access.failed", "somebody", "", '{"what":"password"}'),
        ("access.failed", "somebody", OWNER, '{"what":"code"}'),
    ]
    everything = b"".join(file.read_bytes() for file in shop.home.glob("ligament.db*"))
    for typed in (b"my wrong password", b"typed@wrong.example", b"918273"):
        assert typed not in everything
