"""Conditions of rules: exact amounts, every field known when saved, and as the language's own library judges them."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from cel_expr_python import cel
from hypothesis import assume, given
from hypothesis import strategies as st

from ligament.core.rules import shapes
from ligament.core.rules.entries import Effects, Rule
from ligament.wiring.expressions import Expressions, plain
from tests.rules.kit import expressions, facts, line


@pytest.mark.parametrize(
    ("condition", "total"),
    [
        ("invoice.total == 12.10", "12.10"),
        ("invoice.total - 0.10 == 12.00", "12.10"),
        ("invoice.total * 3.0 == 36.30", "12.10"),
        ("invoice.total + 0.2 == 0.3", "0.10"),
        ("invoice.total == 12", "12.00"),
        ("invoice.total > 999999999999.98", "999999999999.99"),
    ],
)
def test_amounts_compare_exactly(condition: str, total: str) -> None:
    assert expressions().holds(condition, facts(total=total))
    assert not expressions().holds(condition, facts(total=str(Decimal(total) - Decimal("0.01"))))


def test_what_many_lines_come_to_is_exact() -> None:
    lines = [line(total="0.10", quantity="3", unit_price="0.10") for _ in range(3)]
    assert expressions().holds("sum(lines.map(l, l.total)) == 0.30", facts(*lines))
    assert expressions().holds("lines.all(l, l.quantity * l.unit_price == 0.3)", facts(*lines))


@pytest.mark.parametrize(
    ("condition", "at", "said"),
    [
        ("invoice.totl > 2.0", 8, 'An invoice has no "totl". Did you mean "total"?'),
        ("lines.exists(l, l.cod == 'A')", 18, 'A line has no "cod". Did you mean "code"?'),
        ("payer != null && payer.compny_name == 'A'", 23, 'A payer has no "compny_name". Did you mean "company_name"?'),
        ("patinet.email == ''", 0, '"patinet" is not known here. Did you mean "patient"?'),
        ("invoice.total > '12'", 14, "An amount and a text cannot be put in order."),
        ("invoice.status == 'paid'", 15, "A whole number is never the same as a text."),
        ("invoice.total", 0, "A condition must come to true or false, and this is an amount."),
        ("lookup('claims', '1').clam == ''", 22, 'A row of "claims" has no "clam". Did you mean "claim"?'),
        ("lookup('clams', '1') == null", 7, 'There is no table called "clams". Did you mean "claims"?'),
        ("invoice.total / 0 > 1.0", 14, "This divides by zero."),
        ("invoice.total / (1 - 1) > 1.0", 14, "This divides by zero."),
        ("patient.email.matches('(')", 22, "This is no pattern: invalid regular expression: missing ): (."),
        ("invoice.total > ", 16, "This cannot be read: Syntax error: mismatched input '<EOF>'."),
        ("timestamp(appointment.starts) > timestamp('2026-01-01T00:00:00Z')", 22, 'An appointment has no "starts".'),
    ],
)
def test_a_mistake_is_told_with_its_place_when_the_rule_is_saved(condition: str, at: int, said: str) -> None:
    complaint = expressions().condition(condition)
    assert complaint is not None
    assert complaint.sentence.startswith(said)
    assert complaint.at == at


NESTED = "lines.all(a, lines.all(b, lines.all(c, lines.all(d, a.total == d.total))))"
GROWING = "['aaaaaaaaaa']" + ".map(a, a + a + a + a + a + a + a + a)" * 9 + " == []"
HIDDEN = f"{GROWING} && timestamp('2026-01-01T00:00:00Z') != timestamp(invoice.issue_date)"


@pytest.mark.parametrize(
    "condition",
    [
        NESTED,
        GROWING,
        HIDDEN,
        " && ".join(["true"] * 3000),
        "(" * 2000 + "true" + ")" * 2000,
        "!" * 5000 + "true",
        "[" * 500 + "]" * 500 + " == []",
        "1" + "+ 1" * 1000 + " > 1",
        "9" * 5000 + " > 1",
        "1e999999999 > 1.0",
        "\ud800",
        "\0",
    ],
    ids=range(12),
)
def test_what_costs_too_much_or_is_enormous_is_refused_at_once(condition: str) -> None:
    begun = time.process_time()
    assert expressions().condition(condition) is not None
    assert time.process_time() - begun < 2


def test_squaring_over_and_over_holds_the_record_and_takes_no_time() -> None:
    condition = "[9]" + ".map(a, a * a)" * 20 + " == []"
    with pytest.raises(ValueError, match="too large"):
        expressions().holds(condition, facts())


def test_a_record_that_is_so_large_that_a_rule_takes_too_long_is_not_judged() -> None:
    condition = "lines.all(a, lines.exists(b, b.code == a.code))"
    assert expressions().condition(condition) is None
    assert expressions().holds(condition, facts(*[line() for _ in range(200)]))
    with pytest.raises(ValueError, match="too long on 9,000 lines"):
        expressions().holds(condition, facts(*[line() for _ in range(9_000)]))


def test_a_part_that_cannot_be_judged_counts_only_when_the_others_do_not_decide() -> None:
    judged = expressions().holds
    assert judged('payer.company_name == "A" || invoice.total > 1.0', facts())
    assert judged('invoice.total > 1.0 || payer.company_name == "A"', facts())
    assert not judged('payer.company_name == "A" && false', facts())
    with pytest.raises(ValueError, match="this record does not have"):
        judged('payer.company_name == "A" || false', facts())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"Claim " + lookup("claims", string(invoice.number)).claim', "Claim C7"),
        ("string(invoice.total)", "90.00"),
        ("invoice.number", "12"),
        ("'o\\'BRIEN mcdonald-SMITH'.properCase()", "O'Brien McDonald-Smith"),
        ("lines.map(l, l.name).join(', ')", "Standard consultation"),
        ("invoice.total > 50.0 ? 'large' : 'small'", "large"),
        ("payer == null ? null : payer.company_name", ""),
    ],
)
def test_an_expression_gives_a_text(text: str, said: str) -> None:
    assert expressions().expression(text) is None
    assert expressions().says(text, facts()) == said


def test_a_list_is_no_text() -> None:
    complaint = expressions().expression("lines")
    assert complaint is not None
    assert "a list" in complaint.sentence


# --- against the library ----------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(['"REPORT"', '"a"', "''", "lines[0].code", "lines[0].name", "patient.email", "payer.email"])
NUMBERS = st.sampled_from(["1.0", "2", "-3.5", "invoice.total", "lines[0].quantity", "invoice.status", "size(lines)"])
TESTS = st.one_of(
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS),
    st.builds("{} {} {}".format, TEXTS, st.sampled_from(["<", "==", "!="]), TEXTS),
    st.builds("{}.{}({})".format, TEXTS, st.sampled_from(["contains", "startsWith", "endsWith"]), TEXTS),
    st.builds("{} in [{}, {}]".format, NUMBERS, NUMBERS, NUMBERS),
    st.sampled_from(["payer == null", "patient != null", "true", "lines[7].code == ''", "invoice.status / 3 == 3"]),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("lines.{}(l, l.total > 50.0 && {})".format, st.sampled_from(["all", "exists", "exists_one"]), inner),
        st.builds("size(lines.filter(l, {})) > 0".format, inner),
    ),
    max_leaves=6,
)
LIBRARY = cel.NewEnv(variables=dict.fromkeys(shapes.FACTS, cel.Type.DYN))
PATIENT = dict.fromkeys(shapes.FACTS["patient"].fields or (), "") | {"email": "a"}
SEEN = facts(line(code="REPORT"), line("a", total="40.00"), total="2.00", patient=PATIENT)


def by_library(condition: str) -> bool | None:
    answer = LIBRARY.compile(condition).eval(data=plain(SEEN))
    return None if answer.type() == cel.Type.ERROR else bool(answer.value())


@given(CONDITIONS)
def test_what_we_judge_the_library_judges_alike(condition: str) -> None:
    try:
        LIBRARY.compile(condition)
    except RuntimeError:
        assume(False)
    judge = Expressions()
    assume(judge.condition(condition) is None)
    try:
        ours: bool | None = judge.holds(condition, SEEN)
    except ValueError:
        ours = None
    assert ours == by_library(condition)


@given(st.lists(CONDITIONS, min_size=1, max_size=4))
def test_a_record_that_is_called_untouched_is_touched_by_no_rule(conditions: list[str]) -> None:
    judge = Expressions()
    rules = tuple(Rule(name=text, when=text, effects=Effects(skip="x")) for text in conditions)
    if judge.untouched(rules, SEEN):
        assert not any(judge.holds(text, SEEN) for text in conditions)
