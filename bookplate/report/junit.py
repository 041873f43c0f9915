"""JUnit: the results in the form that continuous integration reads; names are rule and operation, and stay."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def junit(results: Mapping[str, Any]) -> bytes:
    """Return the results as a JUnit document, one suite for each group of rules."""
    root = ElementTree.Element("testsuites", name="contract", time=str(results["seconds"]))
    add_suites(root, results)
    return as_bytes(root)


def as_bytes(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def add_suites(root: ElementTree.Element, results: Mapping[str, Any], service: str = "") -> None:
    """Add the suites of a run; `service` stands before their names where there are several."""
    suites: dict[str, ElementTree.Element] = {}
    laws = {rule["id"]: rule for rule in results["rules"]}
    for finding in results["findings"]:
        group = finding["rule"].partition("-")[0]
        if group not in suites:
            name = f"{service} {group}" if service else group
            suites[group] = ElementTree.SubElement(root, "testsuite", name=legal(name), timestamp=results["started"])
        law = laws.get(finding["rule"], {"law": "", "file": "", "line": 0, "page": ""})
        add(suites[group], f"contract.{group}", finding, law)
    for suite in suites.values():
        count(suite)


def add(suite: ElementTree.Element, of_class: str, finding: Mapping[str, Any], law: Mapping[str, Any]) -> None:
    """Add a test case with the time that the law was tried for, and the place of the law."""
    name = f"{finding['rule']}[{finding['operation']}]" if finding["operation"] else finding["rule"]
    case = ElementTree.SubElement(suite, "testcase", name=legal(name), classname=of_class, time=str(finding["seconds"]))
    if law["file"]:
        case.set("file", legal(law["file"]))
        case.set("line", str(law["line"]))
    kind = {"failed": "failure", "error": "error", "not checked": "skipped"}.get(finding["verdict"])
    said = finding["observed"] or finding["reason"]
    if kind is not None:
        outcome = ElementTree.SubElement(case, kind, message=legal(said or law["law"]))
        places = [f"law: {law['file']}:{law['line']}", f"page: {law['page']}"] if law["file"] else []
        outcome.text = legal("\n".join(text for text in (law["law"], *evidence(finding), *places) if text))
    elif finding["not_tested"]:
        add_parts(case, finding)
    elif finding["verdict"] == "warned":
        ElementTree.SubElement(case, "system-out").text = legal(f"warned: {said}")


def add_parts(case: ElementTree.Element, finding: Mapping[str, Any]) -> None:
    """Note at a test case that passed which parts of the law were tested, and which were not."""
    properties = ElementTree.SubElement(case, "properties")
    for name in ("tested", "not_tested"):
        for part in finding[name]:
            ElementTree.SubElement(properties, "property", name=name, value=legal(part))


def evidence(finding: Mapping[str, Any]) -> list[str]:
    labels = ("observed", "expected", "line", "curl", "again")
    return [f"{label}: {finding[label]}" for label in labels if finding[label]]


def count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in suite):.4f}")


def legal(text: str) -> str:
    """Return the text with what XML cannot hold written as an escape."""
    return ILLEGAL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
