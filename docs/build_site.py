"""Builds the documentation as one site of static files, from the Markdown that is there; it needs no network."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
SOURCE, SITE = BUILD / "site-source", BUILD / "site"
CODE = {".css": "css", ".json": "json", ".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
PAGES = (
    "*.md",
    "bookplate/*.md",
    "contract_tests/*.md",
    "docs/**/*.md",
    "examples/*/*.md",
    "tests/fakes/*.md",
)
LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?!https?://|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
NESTED = re.compile(r"^( +)(?=(?:[-*]|\d+\.) )")
LAW = re.compile(r"[A-Z]+-\d{2}")
Navigation = list[Any]


class Mistake(Exception):
    """The site cannot be built; the message says why, in one line."""


def pages() -> list[Path]:
    """Return every page of the site, as paths from the root."""
    return sorted({path.relative_to(ROOT) for pattern in PAGES for path in ROOT.glob(pattern)})


def navigation() -> Navigation:
    """Return what docs/site.yml names, with the pages of a folder in its place."""
    return _expanded(_settings()["nav"])


def named(entries: Navigation) -> Iterator[Path]:
    """Yield every page that a navigation names."""
    for entry in entries:
        if isinstance(entry, str):
            yield Path(entry)
        else:
            for target in entry.values():
                yield from named(target if isinstance(target, list) else [target])


def _settings() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "site.yml").read_text(encoding="utf-8"))
    return content


def _expanded(entries: Navigation) -> Navigation:
    result: Navigation = []
    for entry in entries:
        if isinstance(entry, str) and entry.endswith("/"):
            result += _of_folder(sorted((ROOT / entry).glob("*.md")))
        elif isinstance(entry, dict):
            result.append(
                {name: _expanded(inner) if isinstance(inner, list) else inner for name, inner in entry.items()}
            )
        else:
            result.append(entry)
    return result


def _of_folder(files: list[Path]) -> Navigation:
    laws = [file for file in files if LAW.fullmatch(file.stem)]
    groups = groupby(laws, lambda file: file.stem.partition("-")[0])
    others = [file.relative_to(ROOT).as_posix() for file in files if file not in laws]
    return others + [{name: [{one.stem: one.relative_to(ROOT).as_posix()} for one in group]} for name, group in groups]


def write_source() -> None:
    """Lay every page where it stands in the repository, and beside them the files that they link to, as pages of code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    files: set[Path] = set()
    for page in pages():
        target = SOURCE / "pages" / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(_converted(page, files)), encoding="utf-8")
    for file in sorted(files):
        _write_code(file)
    for name in ("site.css", "site.js"):
        shutil.copy(ROOT / "docs" / name, SOURCE / "pages" / "docs")
    text = yaml.safe_dump({**_settings(), "nav": navigation()}, sort_keys=False, allow_unicode=True)
    (SOURCE / "mkdocs.yml").write_text(text, encoding="utf-8")


def _converted(page: Path, files: set[Path]) -> Iterator[str]:
    """Yield the lines of a page: links to files lead to their code, and a list in a list is indented by four spaces."""
    is_code = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines(keepends=True):
        is_fence = line.lstrip().startswith("```")
        is_code ^= is_fence
        yield line if is_code or is_fence else _linked(NESTED.sub(r"\1\1", line), page, files)


def _linked(line: str, page: Path, files: set[Path]) -> str:
    spans = [match.span() for match in CODE_SPAN.finditer(line)]

    def changed(match: re.Match[str]) -> str:
        if any(start < match.start() and match.end() < end for start, end in spans):
            return match[0]
        text, link = match[1], match[2]
        path = Path(os.path.normpath(page.parent / link))
        if not (ROOT / path).exists():
            raise Mistake(f"{page}: the link to {link} leads nowhere")
        if path.suffix == ".md":
            return match[0]
        if (ROOT / path / "README.md").is_file() and path / "README.md" in pages():
            return f"[{text}]({link.rstrip('/')}/README.md)"
        if (ROOT / path).is_dir():
            return text
        files.add(path)
        return f"[{text}]({os.path.relpath(_code_page(path), page.parent)})"

    return LINK.sub(changed, line)


def _code_page(file: Path) -> Path:
    """Return where the page of a file's code is; the builder leaves out what is in a hidden folder."""
    return Path(*(part.lstrip(".") for part in file.parts[:-1]), f"{file.name}.md")


def _write_code(file: Path) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    head = f"---\ntitle: {file.name}\nsearch:\n  exclude: true\n---\n\n# {file}\n\n"
    target = SOURCE / "pages" / _code_page(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{head}`````{CODE.get(file.suffix, 'text')}\n{text}\n`````\n", encoding="utf-8")


def build() -> None:
    """Write the site into build/site. Raises Mistake where a link, an anchor or anything else is wrong."""
    write_source()
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", str(SOURCE / "mkdocs.yml")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    if done.returncode or "warning" in said.lower():
        raise Mistake(said.partition("Traceback")[0] + "the site has mistakes")
    shutil.move(SOURCE / "site", SITE)


def main() -> int:
    """Build the site, and say where it is or what is wrong."""
    try:
        build()
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 1
    print(
        f"{SITE.relative_to(ROOT)}/index.html is there; to search in it: python -m http.server -b 127.0.0.1 -d {SITE.relative_to(ROOT)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
