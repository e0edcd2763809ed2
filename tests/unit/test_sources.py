"""Rules that hold for all source files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rust_file_says_what_it_is_about() -> None:
    sources = [path for folder in ("crates", "fuzz") for path in (ROOT / folder).rglob("*.rs")]
    undocumented = [
        path for path in sources if "target" not in path.parts and not path.read_text().startswith("//! ")
    ]
    assert not undocumented, "begin the file with a line `//! ...`"


def test_every_exemption_from_a_rule_gives_its_reason() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z0-9, ]+ \()|#\s*pyright: ignore(?!\[[\w, ]+\] \()")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("python", "tests", "tools", "benches", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if "recorded" not in path.parts and path != Path(__file__)
        for line in path.read_text().splitlines()
        if bare.search(line)
    ]
    assert not found, "write `# noqa: RULE (reason)`"


def test_every_error_that_type_checkers_leave_out_has_its_reason() -> None:
    bare = re.compile(r"# type: ignore(?!\[[\w, -]+\]  # \w)")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("python", "tools", "benches", "examples")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if bare.search(line)
    ]
    assert not found, "write `# type: ignore[code]  # reason`"


def test_tests_wait_for_conditions_with_the_polling_helper() -> None:
    def sleeps(statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Expr) and "sleep(" in ast.unparse(statement)

    def only_waits(loop: ast.While) -> bool:
        others = [statement for statement in loop.body if not sleeps(statement)]
        return len(others) < len(loop.body) and all(isinstance(one, ast.Assert) for one in others)

    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "tests").rglob("*.py")
        if not {"recorded", "storm", "helpers"} & {*path.parts}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.While) and only_waits(node)
    ]
    assert not found, "use `until` of tests/helpers/polling.py"
