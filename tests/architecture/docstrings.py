"""Docstrings that say nothing: all their words stand in the name or the types already, or they tell of nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

# Words that join others, and verbs that every function could be told with.
THIN = {
    "a", "all", "an", "and", "are", "as", "at", "be", "by", "each", "every", "for", "from", "give", "had", "has",
    "have", "here", "how", "if", "in", "into", "is", "it", "its", "keep", "kept", "make", "no", "not", "nothing", "of",
    "on", "one", "only", "or", "read", "return", "say", "show", "take", "tell", "that", "the", "their", "them", "there",
    "this", "to", "was", "what", "when", "where", "whether", "which", "who", "with",
}  # fmt: skip
ENDINGS = ("ing", "ies", "es", "ed", "s")
SHORTEST_STEM = 3


def restating(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find functions whose docstring adds no word to their name; one that consists of its docstring needs it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and len(node.body) > 1:
            told = ast.get_docstring(node)
            if told and not SHAPE.search(told) and not stems(told) - THIN_STEMS - signature(node):
                yield node.lineno, f"the docstring of {node.name} says no more than its name"


def stray(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find sentences that stand under nothing: what they told of has gone."""
    for owner in ast.walk(tree):
        body = owner.body if isinstance(owner, ast.Module | ast.ClassDef) else []
        for before, node in pairwise(body):
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if is_text and not isinstance(before, ast.Assign | ast.AnnAssign):
                yield node.lineno, "a sentence stands under nothing"


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the stems of everything that stands in the first line of a function."""
    places = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    types = [place.annotation for place in places] + [node.returns]
    names = [node.name, *(place.arg for place in places), *(ast.unparse(one) for one in types if one)]
    return set().union(*map(stems, names))


def stems(text: str) -> set[str]:
    """Return the words of a sentence or a name without their endings, so that `answers` is `answer`."""
    parted = re.sub(r"([A-Z])", r" \1", text).lower()
    return {stem(word) for word in re.findall(r"[a-z]+", parted)}


def stem(word: str) -> str:
    """Return a word without what plurals and tenses add."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


# A figure, or a form given as code, is something that no name says.
SHAPE = re.compile(r"[0-9`]")
THIN_STEMS = {stem(word) for word in THIN}
