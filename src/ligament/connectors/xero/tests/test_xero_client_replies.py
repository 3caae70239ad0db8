"""Answers that no simulator gives: torn, contradictory or unexpected ones, judged safely."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ligament.connectors.xero import answers, errors, writing
from ligament.connectors.xero.tests.books_kit import START, invoice_write
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact
from ligament.core.writes import ElementVerdict, PreparedCall, RefusalCode, Verb
from ligament.net.session import Reply
from ligament.ports.errors import Broken, OutcomeUnknown, Rejected, SignInAgain, TryLater

NOBODY = BooksId("11111111-2222-3333-4444-555555555555")


def prepared(count: int = 2) -> PreparedCall:
    here = invoice_write(_somebody())
    return writing.prepare(Verb.CREATE_INVOICES, [replace(here, number=f"CLK-{n}") for n in range(count)])


def _somebody() -> BooksContact:
    return BooksContact(id=NOBODY, updated_at=START)


def saved(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "InvoiceID": f"aaaaaaaa-0000-0000-0000-{len(number):04}{sum(number.encode()):08}",
        "InvoiceNumber": number,
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Date": "/Date(1772323200000+0000)/",
        "UpdatedDateUTC": "/Date(1772413201000+0000)/",
        "Total": "110.00",
        **fields,
    }


def reply(status: int = 200, document: Any = None, headers: dict[str, str] | None = None) -> Reply:
    body = b"" if document is None else json.dumps(document).encode()
    return Reply(status=status, headers=headers or {}, body=body)


def judge_invoices(*rows: dict[str, Any]) -> tuple[Any, ...]:
    return answers.judge(prepared(), reply(document={"Invoices": rows}))


@pytest.mark.parametrize(
    "rows",
    [
        (saved("CLK-0"),),
        (saved("CLK-0"), saved("CLK-1"), saved("CLK-2")),
        (saved("CLK-0"), saved("CLK-9")),
        (saved("CLK-0"), saved("CLK-1", InvoiceID="00000000-0000-0000-0000-000000000000")),
        (saved("CLK-0"), saved("CLK-1", UpdatedDateUTC="soon")),
        (saved("CLK-0"), saved("CLK-1", Total="NaN")),
    ],
    ids=["too few", "too many", "not ours", "without id", "odd date", "odd amount"],
)
def test_an_answer_that_does_not_fit_the_request_is_of_unknown_outcome(rows: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(OutcomeUnknown):
        judge_invoices(*rows)


def test_a_warning_means_saved_and_a_refusal_without_a_number_takes_its_place() -> None:
    bad = {"StatusAttributeString": "ERROR", "Status": "AUTHORISED", "ValidationErrors": [{"Description": "lock date"}]}
    good = saved("CLK-1", StatusAttributeString="WARNING", Warnings=[{"Message": "Only a hint to x@y.example"}])
    first, second = judge_invoices(good, bad)
    assert (first.verdict, first.code) == (ElementVerdict.REFUSED, RefusalCode.LOCKED)
    assert (second.verdict, second.warnings) == (ElementVerdict.DONE, ("Only a hint to •••",))


def test_has_errors_alone_is_a_refusal_too() -> None:
    first, second = judge_invoices(saved("CLK-0", HasErrors="true"), saved("CLK-1", HasErrors=False))
    assert (first.verdict, second.verdict) == (ElementVerdict.REFUSED, ElementVerdict.DONE)
    assert first.refusals == ("No reason was given.",)


def test_a_refusal_of_every_element_by_400_is_judged_each_alone() -> None:
    said = {"Type": "ValidationException", "ErrorNumber": 10, "Elements": [_refused("lock date"), _refused("odd")]}
    results = answers.judge(prepared(), reply(400, said))
    assert [result.code for result in results] == [RefusalCode.LOCKED, RefusalCode.OTHER]


def test_a_400_that_lists_some_elements_leaves_the_others_unknown() -> None:
    said = {"Type": "ValidationException", "ErrorNumber": 10, "Elements": [_refused("lock date")]}
    with pytest.raises(OutcomeUnknown):
        answers.judge(prepared(), reply(400, said))
    with pytest.raises(OutcomeUnknown):
        answers.judge(prepared(), Reply(status=400, headers={}, body=b"<html>"))


def test_a_400_about_the_whole_body_is_rejected_and_a_single_one_refused() -> None:
    said = {"Type": "PostDataInvalidException", "ErrorNumber": 14, "Message": "a@b.example is odd"}
    with pytest.raises(Rejected) as caught:
        answers.judge(prepared(), reply(400, said))
    assert "a@b" not in str(caught.value)
    (result,) = answers.judge(prepared(1), reply(400, said))
    assert (result.verdict, result.refusals) == (ElementVerdict.REFUSED, ("••• is odd",))


def _refused(message: str) -> dict[str, Any]:
    return {"ValidationErrors": [{"Message": message}]}


@pytest.mark.parametrize(
    ("status", "headers", "error", "words"),
    [
        (401, {}, SignInAgain, "no longer accepts"),
        (403, {}, SignInAgain, "not connected any more"),
        (401, {"www-authenticate": 'Bearer error="insufficent_scope"'}, SignInAgain, "accounting.invoices"),
        (403, {"www-authenticate": 'Bearer error="insufficient_scope"'}, SignInAgain, "invoices and credit notes"),
        (408, {}, OutcomeUnknown, "does not tell"),
        (412, {}, Broken, "form"),
        (415, {}, Broken, "form"),
        (501, {}, Broken, "form"),
        (302, {}, Broken, "form"),
        (502, {}, OutcomeUnknown, "does not tell"),
        (404, {}, Broken, "form"),
        (202, {}, OutcomeUnknown, "does not tell"),
    ],
)
def test_other_answers_become_one_of_the_five_errors(
    status: int, headers: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        answers.judge(prepared(), reply(status, headers=headers))


@pytest.mark.parametrize(
    ("problem", "limit"),
    [
        ("minute", "minute"),
        ("Day", "day"),
        ("concurrent", "concurrent"),
        ("app-minute", "app"),
        ("appminute", "app"),
        ("", ""),
    ],
)
def test_a_429_names_the_limit_and_the_wait(problem: str, limit: str) -> None:
    with pytest.raises(TryLater) as caught:
        answers.judge(prepared(), reply(429, headers={"x-rate-limit-problem": problem, "retry-after": "26"}))
    assert (caught.value.limit, caught.value.wait_s) == (limit, 26)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("The contact name A is already assigned. The Contact Name must be unique across all.", "name_taken"),
        ("Another contact has this contact number.", "contact_number_taken"),
        ("The details matched an archived contact.", "archived_contact"),
        ("Invoice # must be unique.", "number_taken"),
        ("Invoice not of valid status for modification", "wrong_state"),
        ("as it has a payment or credit note allocated to it.", "has_money"),
        ("cannot be before the end of year lock date", "locked"),
        ("Payment amount exceeds the amount outstanding on this document", "overpaid"),
        ("Payments can only be made against Authorised documents", "not_authorised_yet"),
        ("The TaxType code 'X' cannot be used with account code '1'.", "mapping"),
        ("Account code '1' has been archived, or deleted.", "mapping"),
        ("Item code 'X' is not valid", "mapping"),
        ("Email address must be valid.", "bad_email"),
        ("Organisation is not subscribed to currency EUR", "setup"),
        ("You have reached the limit of invoices you can approve", "plan_limit"),
        ("An existing Credit Note with the specified CreditNoteID could not be found", "not_found"),
        ("Something new", "other"),
    ],
)
def test_the_vendors_words_are_sorted_into_codes(words: str, code: str) -> None:
    assert errors.code_of([words]) == code
    assert errors.code_of(["Something else", words.upper()]) == code


def test_values_we_sent_are_masked_as_whole_words_only() -> None:
    assert errors.scrubbed("Ann is in the annual list of ANN", ["Ann"]) == "••• is in the annual list of •••"
