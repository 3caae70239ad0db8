"""An import-linter contract: each library is imported by its owners only, and every library has one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grimp import ImportGraph

PACKAGE = "ligament"
NOT_LIBRARIES = sys.stdlib_module_names | {"tests", "pytest", "hypothesis"}


class OwnersContract(Contract):
    """Keeps each third-party library behind the modules named for it in the table `owners`."""

    type_name = "owners"

    owners = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - import-linter's shape
        """Look at every import of a library and keep those that its owners did not make."""
        table = read_table(self.owners)  # type: ignore[arg-type] # a field becomes its value when the contract is made
        strays = [
            f"{importer} imports {library} (line {line}), {allowed_form(library, table)}"
            for importer, library, line in library_imports(graph)
            if not any(is_within(importer, owner) for owner in table.get(library, ()))
        ]
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each stray import, then the reason for the rule."""
        for stray in check.metadata["strays"]:
            output.print_error(f"- {stray}", bold=False)
        output.new_line()
        output.print(
            "A library met in one place can be replaced in one place. The table of owners is in pyproject.toml."
        )


def read_table(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read lines like `msgspec: ligament.store, ligament.wiring`."""
    table = {}
    for line in lines:
        library, _, owners = line.partition(":")
        table[library.strip()] = tuple(owner.strip() for owner in owners.split(","))
    return table


def allowed_form(library: str, table: Mapping[str, tuple[str, ...]]) -> str:
    """Say who may import the library."""
    if library in table:
        return f"which only {' and '.join(table[library])} may do"
    return "which has no owner yet: add a line for it to the table"


def library_imports(graph: ImportGraph) -> Iterable[tuple[str, str, object]]:
    """Yield importer, library and line for each import of a third-party library outside the connectors' tests."""
    for module in sorted(graph.modules):
        library = module.split(".")[0]
        if library == PACKAGE or library in NOT_LIBRARIES:
            continue
        for importer in sorted(graph.find_modules_that_directly_import(module)):
            if "tests" not in importer.split("."):
                details = graph.get_import_details(importer=importer, imported=module)
                yield importer, library, details[0]["line_number"] if details else "?"


def is_within(module: str, package: str) -> bool:
    """Tell whether the module is the package or inside it."""
    return module == package or module.startswith(package + ".")
