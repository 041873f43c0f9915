"""YAML 1.2 with the line of every node, read as its core schema says (YAML 1.2.2, section 10.3)."""

import re
from typing import Any

import yaml

from .content import Content, number
from .lines import DocumentError, escape

MERGE = "<<"
TAG = "tag:yaml.org,2002:"
PLAIN = "plain"
NULL = re.compile(r"(?:~|null|Null|NULL|)")
BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
INTEGER = re.compile(r"[-+]?[0-9]+")
IN_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# Tags of YAML that stand for text in JSON: dates, and bytes in Base64.
TEXT = {f"{TAG}{name}" for name in ("str", "timestamp", "binary")}
PAIR_IN_ESCAPES = "invalid Unicode character escape code"


# mypy cannot know a base class that is chosen when the program runs; the types of PyYAML do not have the fast one.
class FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Makes nodes of a text, and leaves it to us what a plain scalar means."""


class PatientLoader(yaml.SafeLoader):
    """The same in Python: unlike libyaml, it reads a character that is escaped as a surrogate pair, as JSON does."""


# Scalars without quotes and without a tag get a tag of ours, whatever they look like.
FastLoader.yaml_implicit_resolvers = PatientLoader.yaml_implicit_resolvers = {None: [(PLAIN, re.compile(""))]}


def read_yaml(text: str, location: str) -> Content:
    """
    Return the content of a YAML text; a syntax mistake raises DocumentError.

    Keys are text as they are written, as in JSON: `200` and `on` too. Merge keys (`<<`) are read. A key that stands twice
    is a mistake that can be read past: the last one counts.
    """
    content = Content(location)
    try:
        root = nodes_of(text)
        content.mark("", 1)
        if root is not None:
            Builder(content).build(root, "", root.start_mark.line + 1)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError(
            f"{location}:{line}: YAML: {problem.problem}: mend the line or the one above it"
        ) from problem
    except yaml.YAMLError as problem:
        raise DocumentError(f"{location}:1: YAML: {' '.join(str(problem).split())}: mend it") from problem
    except RecursionError as problem:
        raise DocumentError(f"{location}:1: YAML: is nested too deep: make it flatter") from problem
    return content


def nodes_of(text: str) -> yaml.Node | None:
    """Return the root node of a text; None where it is empty."""
    try:
        # The base class is chosen above, so that mypy knows none of its types.
        return FastLoader(text).get_single_node()  # type: ignore[no-any-return]
    except yaml.MarkedYAMLError as problem:
        if PAIR_IN_ESCAPES not in str(problem.problem):
            raise
        return PatientLoader(text).get_single_node()


class Builder:
    """Makes plain data of nodes; each use of an anchor becomes data of its own."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.around: set[int] = set()  # the nodes that are being built, for anchors that contain themselves

    def build(self, root: yaml.Node, pointer: str, line: int) -> None:
        """Put the data of a node into the content."""
        self.content.value = self.value(root, pointer, line)

    def value(self, node: yaml.Node, pointer: str, line: int) -> Any:
        """Return a node as plain data, and mark where it and all below it stand."""
        self.content.mark(pointer, line)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.around:
            raise DocumentError(f"{self.place(node)}: an anchor contains itself: write out what is meant")
        self.around.add(id(node))
        try:
            return self.mapping(node, pointer) if isinstance(node, yaml.MappingNode) else self.items(node, pointer)
        finally:
            self.around.discard(id(node))

    def items(self, node: yaml.Node, pointer: str) -> list[Any]:
        return [self.value(item, f"{pointer}/{i}", line_of(item)) for i, item in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
        own = {}
        for key, value in node.value:
            if is_merge(key):
                continue
            name = self.key(key)
            if name in own:
                self.content.mistaken(line_of(key), f"key '{name}' stands twice, and the last one counts: remove one")
            own[name] = self.value(value, f"{pointer}/{escape(name)}", line_of(key))
        merged: dict[str, Any] = {}
        for source in (source for key, value in node.value if is_merge(key) for source in self.merged(value)):
            missing = [each for each in self.pairs(source) if each[0] not in own and each[0] not in merged]
            merged |= {name: self.value(value, f"{pointer}/{escape(name)}", line) for name, value, line in missing}
        return merged | own

    def merged(self, node: yaml.Node) -> list[yaml.MappingNode]:
        """Return the mappings that a merge key names, the first of which counts most."""
        named = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(each, yaml.MappingNode) for each in named):
            raise DocumentError(f"{self.place(node)}: a merge key `<<` takes mappings alone: write an alias of one")
        return list(named)

    def pairs(self, node: yaml.MappingNode) -> list[tuple[str, yaml.Node, int]]:
        """Return the members of a mapping that is merged, with what is merged into it, each with its line."""
        if id(node) in self.around:
            raise DocumentError(f"{self.place(node)}: an anchor contains itself: write out what is meant")
        own = {self.key(key): (value, line_of(key)) for key, value in node.value if not is_merge(key)}
        found = [(name, value, line) for name, (value, line) in own.items()]
        self.around.add(id(node))
        for source in (source for key, value in node.value if is_merge(key) for source in self.merged(value)):
            found += [each for each in self.pairs(source) if each[0] not in own]
        self.around.discard(id(node))
        return found

    def key(self, node: yaml.Node) -> str:
        """Return a key as it is written; one that is no scalar raises DocumentError."""
        if not isinstance(node, yaml.ScalarNode):
            raise DocumentError(f"{self.place(node)}: a key is no plain text: quote it")
        return self.content.text_at(line_of(node), str(node.value))

    def scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag in (PLAIN, f"{TAG}null", f"{TAG}bool", f"{TAG}int", f"{TAG}float"):
            return self.plain(node)
        if node.tag in TEXT or node.tag == "!":
            return self.content.text_at(line_of(node), node.value)
        tag = node.tag.replace(TAG, "!!")
        raise DocumentError(f"{self.place(node)}: YAML has no tag {tag} of its own: write the value itself, or a $ref")

    def plain(self, node: yaml.ScalarNode) -> Any:
        """Return what a scalar without quotes means in the core schema of YAML 1.2."""
        text = node.value
        first = text[:1]
        if first.isalpha() and first not in "nNtTfF":  # by far the most
            return self.content.text_at(line_of(node), text)
        if NOT_FINITE.fullmatch(text):
            self.content.mistaken(line_of(node), f"JSON has no number {text}: leave it out, or write a finite one")
        try:
            return meaning(text)
        except ValueError as problem:
            raise DocumentError(f"{self.place(node)}: {problem}: quote it") from problem

    def place(self, node: yaml.Node) -> str:
        return f"{self.content.location}:{line_of(node)}"


def meaning(text: str) -> Any:
    """Return the value of a plain scalar; itself where it is text. Raises ValueError for a number beyond all measure."""
    if NULL.fullmatch(text):
        return None
    if BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if INTEGER.fullmatch(text) or FLOAT.fullmatch(text):
        return number(text)
    if IN_BASE.fullmatch(text):
        return int(text, 0)
    if NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == MERGE and not key.style


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
