"""One report of many services: an overview with what each of them broke, over the report of each in a folder of its own."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
from jinja2 import Environment, StrictUndefined

from ..laws.verdict import CONFORMANT, NONCONFORMANT, SET_UP_ERROR, UNCHECKED
from ..options import INTERRUPTED
from ..target.config import SetUpError
from .comparison import read_report
from .files import REPORT, archived, write
from .junit import add_suites, as_bytes
from .linking import policy, visible
from .markdown import code, markdown
from .sarif import sarif
from .terminal import counted
from .tree import PASSED, VERSION, WORDS

# Exit codes, the gravest first.
GRAVENESS = (SET_UP_ERROR, INTERRUPTED, NONCONFORMANT, UNCHECKED, CONFORMANT)


@dataclass(frozen=True)
class Service:
    """The results of a service, the name that it has in the report of many, and the folder of its own report there."""

    name: str
    folder: str
    results: Mapping[str, Any]

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """What failed or went wrong in it, with the place on its page that shows it."""
        return [
            {**cause, "place": f"{self.folder}/report.html#cause-{number}"}
            for number, cause in enumerate(self.results["causes"], 1)
            if cause["verdict"] != "warned"
        ]

    @property
    def counted(self) -> str:
        return counted(self.results) or "nothing was checked"

    def page(self, rule: Mapping[str, Any]) -> str:
        """Return where the page of a law stands."""
        return f"{self.folder}/{rule['page']}"


def sound_report(path: Path) -> dict[str, Any]:
    """Return the report.json of a run; SetUpError where it is none that this release has written."""
    results = read_report(path)
    schema = json.loads((files(__package__) / "report.schema.json").read_text(encoding="utf-8"))
    problem = next(jsonschema.Draft202012Validator(schema).iter_errors(results), None)
    if problem is not None:
        place = "/".join(map(str, problem.absolute_path)) or "its root"
        said = " ".join(problem.message.split())[:200]
        raise SetUpError(f"{path} is no report of this release: {said} (at {place}): make it anew")
    named = [index for group in (*results["causes"], *results["unchecked"]) for index in group["findings"]]
    if max(named, default=-1) >= len(results["findings"]):
        raise SetUpError(f"{path} is no report of this release: it names findings that it has not: make it anew")
    return results


def services_of(paths: Sequence[Path]) -> list[Service]:
    """Return the services of reports, each named after the folder of its report; no two have one name."""
    services: list[Service] = []
    for path in paths:
        results = sound_report(path)
        name = path.resolve().parent.name or "service"
        taken = sum(each.name == name or each.name.startswith(f"{name} (") for each in services)
        shown = f"{name} ({taken + 1})" if taken else name
        folder = re.sub(r"[^A-Za-z0-9_.-]+", "_", shown).strip("_.") or f"service_{len(services) + 1}"
        while folder in {each.folder for each in services}:
            folder += "_"
        services.append(Service(shown, folder, results))
    return services


def merged(services: Sequence[Service]) -> dict[str, Any]:
    """Return the overview of services as plain data: its exit code is the gravest of theirs."""
    codes = {service.results["exit_code"] for service in services}
    code = next(each for each in GRAVENESS if each in codes)
    is_whole = all(service.results["verdict"] != PASSED for service in services)
    return {
        "version": VERSION,
        "verdict": PASSED if code == CONFORMANT and not is_whole else WORDS[code],
        "exit_code": code,
        "services": [as_data(service) for service in services],
        "broken": broken(services),
    }


def as_data(service: Service) -> dict[str, Any]:
    results = service.results
    kept = ("target", "verdict", "exit_code", "started", "seconds", "bookplate", "document", "summary")
    return {
        "name": service.name,
        "report": f"{service.folder}/{REPORT}",
        **{name: results[name] for name in kept},
        "causes": [
            {name: cause[name] for name in ("verdict", "severity", "headline", "rules", "operations", "place")}
            for cause in service.failed
        ],
    }


def broken(services: Sequence[Service]) -> list[dict[str, Any]]:
    """Return each law that failed with the services that broke it, the one that most of them broke first."""
    found: dict[str, list[str]] = {}
    for service in services:
        for rule in dict.fromkeys(rule for cause in service.failed for rule in cause["rules"]):
            found.setdefault(rule, []).append(service.name)
    ordered = sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return [{"rule": rule, "services": names} for rule, names in ordered]


def write_merged(services: Sequence[Service], output: Path, workspace: str = "") -> dict[str, Any]:
    """Write the overview of services in every form, and the report of each in its folder; return the overview."""
    overview = merged(services)
    for service in services:
        write(service.results, output / service.folder, workspace=workspace)
    text = json.dumps(overview, indent=1, ensure_ascii=True)
    (output / REPORT).write_text(text + "\n", encoding="ascii")
    (output / "report.html").write_bytes(overview_page(overview, services).encode())
    (output / "junit.xml").write_bytes(merged_junit(services))
    runs = [service.results for service in services]
    (output / "report.sarif").write_text(sarif(runs, [each.name for each in services], workspace), encoding="ascii")
    (output / "report.har").write_bytes(archived(runs))
    (output / "report.md").write_text(merged_markdown(overview, services), encoding="utf-8")
    return overview


def merged_junit(services: Sequence[Service]) -> bytes:
    """Return the suites of all services, each with the service's name before its own."""
    seconds = sum(service.results["seconds"] for service in services)
    root = ElementTree.Element("testsuites", name="contract", time=f"{seconds:.1f}")
    for service in services:
        add_suites(root, service.results, service.name)
    return as_bytes(root)


def merged_markdown(overview: Mapping[str, Any], services: Sequence[Service]) -> str:
    """Return a table of the services, and the results of each below it."""
    lines = [
        f"## {len(services)} services: {overview['verdict']}",
        "",
        "| service | verdict | found |",
        "|---|---|---|",
    ]
    lines += [f"| {code(each.name)} | {each.results['verdict']} | {counted(each.results)} |" for each in services]
    if overview["broken"]:
        lines += ["", "Laws that failed, and where:", ""]
        lines += [f"- {each['rule']}: {', '.join(map(code, each['services']))}" for each in overview["broken"]]
    parts = [markdown(each.results, partial(Service.page, each), service=each.name) for each in services]
    return "\n".join([*lines, "", *parts])


def overview_page(overview: Mapping[str, Any], services: Sequence[Service]) -> str:
    """Return the overview as HTML; whatever stands in it is text."""
    source = (files(__package__) / "merged.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, finalize=visible, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source).render(overview, policy=policy(source), own=services)
