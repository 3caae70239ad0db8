"""What imports cannot show: rules about what is written where, checked on the syntax trees of the package.

Run as `python -m tests.architecture.tidy` to see every finding of the working tree.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.docstrings import restating, stray

PURE_ROOMS = ("core", "ports", "flow")
EXACT_ROOMS = ("core", "connectors")
WORLDLY_ROOM = "wiring"
APPROVALS = "core/approvals.py"
# The command's end, the end of a clinic's turn, and the guard round one record: each turns what nobody foresaw into
# something that a person is told, and lets everything else go on.
BROAD_EXCEPTS = ("cli/main.py", "core/oddities.py", "engine/inline.py")
# A practice system that knows of a books system says so in its own interface: vendor, named in the folder of.
NAMED_BY_ANOTHER = {
    # Cliniko's settings tell whether its own integration with Xero is on.
    ("xero", "cliniko"),
    # The same settings tell whether its own integration with Mailchimp is on.
    ("mailchimp", "cliniko"),
}
LONGEST_FILE = 350
LONGEST_FUNCTION = 45
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base"}
TEXT_FILES = {".py", ".toml", ".jinja", ".html", ".css", ".js", ".mako"}
NOT_CONNECTORS = {"tests", "__pycache__"}
CONNECTOR_FILES = ("manifest.toml", "quality.toml", "README.md")
CONNECTOR_MODULES = ("declared", "wire", "client", "errors", "mapping", "port", "opening")
COMMANDS = ("cli", "commands")
LOADER = "connectors/registry.py"
CONNECTOR_FOLDERS = ("simulator", "tests")

AMBIENT_CALLS = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep",
    "time.gmtime", "time.localtime", "asyncio.sleep",
    "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7",
    "os.environ", "os.environb", "os.getenv", "os.urandom",
}  # fmt: skip
AMBIENT_MODULES = {"random", "secrets"}
# A generator that is handed its seed is no hidden input: every run with the seed is the same.
SEEDED = "random.Random"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file of the package; `path` is relative to the package's folder, `tree` is None unless it is Python."""

    path: str
    text: str
    tree: ast.Module | None

    @property
    def rooms(self) -> tuple[str, ...]:
        """The folders from the package down to the file, and the file's stem."""
        return Path(self.path).with_suffix("").parts

    @property
    def is_test(self) -> bool:
        """Whether it is one of the tests that a connector keeps beside it."""
        return "tests" in self.rooms[:-1]


Finding = tuple[int, str]
"""A line number and what is wrong there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check of one file, with why it exists and what to do instead."""

    name: str
    check: Callable[[SourceFile], Iterable[Finding]]
    why: str
    instead: str

    def tell(self, path: str, line: int, what: str) -> str:
        """Say in one line what is wrong, why the rule exists and the allowed form."""
        return f"{path}:{line}: [{self.name}] {what}. Why: {self.why}. Instead: {self.instead}."


def findings(package: Path) -> list[str]:
    """Return a line for everything in the package that breaks a rule, in order of files."""
    vendors = vendor_names(package)
    rules = (*RULES, vendor_rule(vendors))
    told = [
        rule.tell(file.path, line, what)
        for file in read_package(package)
        for rule in rules
        for line, what in sorted(rule.check(file))
    ]
    return told + [
        COMPLETE.tell(f"connectors/{name}", 1, what) for name in vendors for what in missing_parts(package, name)
    ]


def findings_in_tests(*folders: Path) -> list[str]:
    """Return a line for everything in folders of tests that breaks the rule for tests."""
    return [
        NO_NAPS.tell(f"{folder.name}/{file.path}", line, what)
        for folder in folders
        for file in read_package(folder)
        for line, what in naps(file)
    ]


def read_package(package: Path) -> Iterator[SourceFile]:
    """Read every text file of the package; a connector's notes for people may say what they like."""
    for path in sorted(package.rglob("*")):
        if path.suffix in TEXT_FILES and path.is_file():
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text, str(path)) if path.suffix == ".py" else None
            yield SourceFile(path=path.relative_to(package).as_posix(), text=text, tree=tree)


def vendor_names(package: Path) -> list[str]:
    """The outside systems are the folders under connectors."""
    folders = (package / "connectors").glob("*/")
    return sorted(folder.name for folder in folders if folder.is_dir() and folder.name not in NOT_CONNECTORS)


def nodes(file: SourceFile) -> Iterator[ast.AST]:
    """Walk the syntax tree of a Python file; other files have none."""
    return ast.walk(file.tree) if file.tree else iter(())


def outside_standard_library(file: SourceFile) -> Iterator[Finding]:
    """Find imports in the pure rooms of anything but the standard library and our own package."""
    if file.rooms[0] not in PURE_ROOMS:
        return
    for node in nodes(file):
        for name in imported_modules(node):
            if name.split(".")[0] not in sys.stdlib_module_names | {"ligament"}:
                yield line_of(node), f"{file.rooms[0]} imports {name}"


def imported_modules(node: ast.AST) -> list[str]:
    """Name the modules that an import statement mentions; a relative import is our own."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def inexact_numbers(file: SourceFile) -> Iterator[Finding]:
    """Find binary fractions in the rooms that carry money."""
    if file.rooms[0] not in EXACT_ROOMS or file.is_test:
        return
    for node in nodes(file):
        match node:
            case ast.Constant(value=float() | complex() as value):
                yield line_of(node), f"the fraction {value} is written as a float"
            case ast.Call(func=ast.Name(id="float" | "round" as name)):
                yield line_of(node), f"{name}() is called"
            case _:
                pass


def hidden_inputs(file: SourceFile) -> Iterator[Finding]:
    """Find clocks, random numbers, identifiers and the environment being reached for."""
    if file.rooms[0] == WORLDLY_ROOM or file.is_test:
        return
    origins = {name: origin for node in nodes(file) for name, origin in imported_names(node)}
    seedless = {id(node.func) for node in nodes(file) if isinstance(node, ast.Call) and not node.args}
    for node in nodes(file):
        if isinstance(node, ast.Attribute | ast.Name):
            origin = dotted(node, origins)
            is_random = origin.rpartition(".")[0] in AMBIENT_MODULES and (origin != SEEDED or id(node) in seedless)
            if is_random or origin in AMBIENT_CALLS:
                yield line_of(node), f"{origin} is reached for"


def imported_names(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each local name that an import makes, with what it stands for."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield (
                    (alias.asname or alias.name.split(".")[0]),
                    (alias.name if alias.asname else alias.name.split(".")[0]),
                )
        case ast.ImportFrom(module=str(module), names=names, level=0):
            for alias in names:
                yield alias.asname or alias.name, f"{module}.{alias.name}"
        case _:
            pass


def dotted(node: ast.AST, origins: dict[str, str]) -> str:
    """Spell what a chain of attributes stands for, or nothing when it does not start at an import."""
    match node:
        case ast.Name(id=name):
            return origins.get(name, "")
        case ast.Attribute(value=value, attr=attribute):
            start = dotted(value, origins)
            return f"{start}.{attribute}" if start else ""
        case _:
            return ""


def naps(file: SourceFile) -> Iterator[Finding]:
    """Find tests that sleep."""
    origins = {name: origin for node in nodes(file) for name, origin in imported_names(node)}
    for node in nodes(file):
        if dotted(node, origins) in {"time.sleep", "asyncio.sleep", "anyio.sleep"}:
            yield line_of(node), "a test sleeps"


def forged_approvals(file: SourceFile) -> Iterator[Finding]:
    """Find an ApprovedPlan made outside the one place where a person's approval is checked."""
    if file.path == APPROVALS:
        return
    for node in nodes(file):
        match node:
            case ast.Call(func=ast.Name(id="ApprovedPlan") | ast.Attribute(attr="ApprovedPlan")):
                yield line_of(node), "an ApprovedPlan is made here"
            case _:
                pass


def imports_by_text(file: SourceFile) -> Iterator[Finding]:
    """Find modules that are imported by a text, past every contract."""
    if file.path == LOADER or file.is_test:
        return
    origins = {name: origin for node in nodes(file) for name, origin in imported_names(node)}
    for node in nodes(file):
        match node:
            case ast.Call(func=ast.Name(id="__import__")):
                yield node.lineno, "__import__ is called"
            case ast.Call(func=function) if dotted(function, origins) == "importlib.import_module":
                yield node.lineno, "importlib.import_module is called"
            case _:
                pass


def broad_excepts(file: SourceFile) -> Iterator[Finding]:
    """Find handlers that catch everything."""
    if file.path in BROAD_EXCEPTS or file.is_test:
        return
    for node in nodes(file):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {one.id if isinstance(one, ast.Name) else "" for one in caught} if node.type else {"everything"}
            for name in sorted(names & {"Exception", "BaseException", "everything"}):
                yield line_of(node), f"{name} is caught"


def length(file: SourceFile) -> Iterator[Finding]:
    """Find files and functions that are too long to be read in one go."""
    if file.tree is None:
        return
    lines = len(file.text.splitlines())
    if lines > LONGEST_FILE:
        yield 1, f"the file has {lines} lines, {LONGEST_FILE} is the most"
    for node in nodes(file):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            span = (node.end_lineno or node.lineno) - node.lineno + 1
            if span > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {span} lines, {LONGEST_FUNCTION} is the most"


def empty_names(file: SourceFile) -> Iterator[Finding]:
    """Find files, folders and classes whose name says nothing of what they hold."""
    for room in file.rooms:
        if EMPTY_WORDS & set(room.lower().split("_")):
            yield 1, f"{room} is an empty name"
    for node in nodes(file):
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", node.name)}
            if EMPTY_WORDS & words:
                yield node.lineno, f"the class {node.name} has an empty name"


def empty_docstrings(file: SourceFile) -> Iterator[Finding]:
    """Find docstrings that say no more than the name, or tell of nothing; that of a command is its help, and stays."""
    if file.tree is not None and file.rooms[:2] != COMMANDS:
        yield from restating(file.tree)
        yield from stray(file.tree)


def vendor_rule(vendors: Iterable[str]) -> Rule:
    """Make the rule about vendors' names from the connectors that there are."""
    words = {vendor: re.compile(rf"\b{re.escape(vendor)}\b", re.IGNORECASE) for vendor in vendors}

    def check(file: SourceFile) -> Iterator[Finding]:
        own = file.rooms[1] if file.rooms[0] == "connectors" and len(file.rooms) > 1 else ""
        for number, line in enumerate(file.text.splitlines(), start=1):
            for vendor, word in words.items():
                if vendor != own and (vendor, own) not in NAMED_BY_ANOTHER and word.search(line):
                    yield number, f"{vendor} is named"

    return Rule(
        name="vendors",
        check=check,
        why="adding or replacing a system touches its own folder only",
        instead="say practice, books, source or target; what only one vendor needs goes in its connector or a recipe",
    )


def missing_parts(package: Path, name: str) -> Iterator[str]:
    """Name what a connector's folder lacks; a module may be a package of the same name."""
    folder = package / "connectors" / name
    for file in CONNECTOR_FILES:
        if not (folder / file).is_file():
            yield f"{file} is missing"
    for module in CONNECTOR_MODULES:
        if not ((folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()):
            yield f"{module}.py is missing"
    for part in CONNECTOR_FOLDERS:
        if not any((folder / part).glob("*.py")):
            yield f"{part}/ is missing or empty"


def line_of(node: ast.AST) -> int:
    """Give the line on which a node starts."""
    return getattr(node, "lineno", 1)


COMPLETE = Rule(
    name="complete",
    check=lambda _: (),
    why="who knows one connector knows them all",
    instead="start with `make new-connector NAME=x`, which writes every part",
)
NO_NAPS = Rule(
    name="no-naps",
    check=naps,
    why="a test that sleeps is slow on a fast machine and fails on a slow one",
    instead="use a virtual clock, or wait for the thing itself with a time limit",
)
RULES = (
    Rule(
        name="pure",
        check=outside_standard_library,
        why="these rooms must run, and be understood, with nothing installed",
        instead="take a plain function or a Protocol of ports as a parameter and let wiring hand in the library",
    ),
    Rule(
        name="exact",
        check=inexact_numbers,
        why="floats lose cents, and round() rounds half to even",
        instead='write Decimal("0.1") or whole cents, and round with the one function in core/money',
    ),
    Rule(
        name="hidden-inputs",
        check=hidden_inputs,
        why="the same input must give the same output, so that every run can be repeated from its seed",
        instead="take the clock, the identifiers or the setting as a parameter; only wiring reads the world",
    ),
    Rule(
        name="approvals",
        check=forged_approvals,
        why="approval is a type: what executes was approved by a person or by a policy they set",
        instead=f"call the functions of {APPROVALS}",
    ),
    Rule(
        name="by-text",
        check=imports_by_text,
        why="an import that is only a text is seen by no contract",
        instead=f"import it, or ask {LOADER} for a connector's part",
    ),
    Rule(
        name="broad-except",
        check=broad_excepts,
        why="a broken world must stop the run, not be taken for ordinary trouble",
        instead=f"catch the errors you can name; only {' and '.join(BROAD_EXCEPTS)} catch everything",
    ),
    Rule(
        name="length",
        check=length,
        why="a file and a function are read in one go",
        instead="split it where the subject changes",
    ),
    Rule(
        name="empty-names",
        check=empty_names,
        why="a name without a meaning gathers everything",
        instead="name it by what it holds or does",
    ),
    Rule(
        name="empty-docstrings",
        check=empty_docstrings,
        why="a sentence that repeats the name costs a line and says nothing",
        instead="delete it, or say the unit, the error, the source or the reason",
    ),
)


if __name__ == "__main__":
    repository = Path(__file__).parents[2]
    package = repository / "src" / "ligament"
    told = findings(package) + findings_in_tests(repository / "tests", package / "connectors")
    print("\n".join(told) or "tidy: nothing found")  # noqa: T201 - the command's answer
    sys.exit(bool(told))
