"""The house's sizes: no file passes its ceiling, and no part does, counted in lines that are code."""

import ast
import io
import sys
import tokenize
from collections.abc import Iterable
from pathlib import Path

FILE_LINES = 250
FOLDERS = ["impl", "contract_tests", "tests", "examples", "benchmarks", "docs", ".ci"]
# Past one of these something is removed. For the suite docs/decisions.md says why its numbers are not the first ones.
PARTS = {
    "impl": (["impl"], 3000),
    "the suite's engine": (["contract_tests"], 3400),
    "rules with their faults": (["contract_tests/rules", "contract_tests/fault.py", "contract_tests/faults"], 3450),
}
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(path: Path) -> int:
    """Count the lines that are neither blank nor comment nor docstring."""
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    used = {line for token in tokens if token.type not in LAYOUT for line in range(token.start[0], token.end[0] + 1)}
    return len(used - docstring_lines(ast.parse(text)))


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines that docstrings take."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, kinds) and node.body]
    texts = [each for each in first if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)]
    return {line for each in texts for line in range(each.lineno, (each.end_lineno or each.lineno) + 1)}


def sources(folder: str) -> Iterable[Path]:
    """Return the files of a part that belong to no part inside it."""
    inside = [part for folders, _ in PARTS.values() for part in folders if part.startswith(f"{folder}/")]
    paths = [Path(folder)] if folder.endswith(".py") else Path(folder).rglob("*.py")
    return sorted(path for path in paths if not path.as_posix().startswith(tuple(inside)))


def complaints() -> Iterable[str]:
    """Say what is too large."""
    for name, (folders, ceiling) in PARTS.items():
        lines = sum(code_lines(path) for folder in folders for path in sources(folder))
        print(f"{name}: {lines} of {ceiling} lines")
        if lines > ceiling:
            yield f"{name}: {lines} lines of code, the ceiling is {ceiling}"
    for path in sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.py")):
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES:
            yield f"{path}: {lines} lines, the ceiling is {FILE_LINES}"


if __name__ == "__main__":
    found = list(complaints())
    print(*found, sep="\n", file=sys.stderr)
    sys.exit(1 if found else 0)
