"""The validators of JSON Schema that judge a value: one for each version of OpenAPI and each way that a value travels."""

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import openapi_schema_validator as validators
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import create, extend
from openapi_schema_validator.validators import OAS30_VALIDATORS

from .patterns import is_readable, matches

Errors = Iterator[ValidationError]
TYPES = ("null", "boolean", "object", "array", "number", "integer", "string")
# Addresses: what is one differs from library to library, at the edges at least.
DISPUTED = (
    *("email", "idn-email", "hostname", "idn-hostname"),
    *("uri", "uri-reference", "iri", "iri-reference", "uri-template", "url"),
)
# Of these nobody disputes that white space, a control character, a quotation mark or an angle bracket is in none of them:
# they stand around an address in running text (RFC 3986, appendix C, and RFC 3987, section 2.2).
REFERENCES = ("uri", "uri-reference", "iri", "iri-reference", "url")
MOST_REFERENCES = 20  # in a row, or of one `allOf` within another


def judge_of(version: str, *, request: bool | None) -> tuple[type[Any], FormatChecker]:
    """
    Return the validator class and the format checker for a version of OpenAPI, such as 3.1.

    `request` says which way a value travels: a request needs no readOnly member, and an answer no writeOnly one.
    Where it is None the value travels neither way, such as an example that shows a whole object: it needs neither.
    """
    family = "3.0" if version == "3.0" else "3.1"
    return JUDGES[family, request], FORMATS[family]


def pattern(validator: Any, expression: str, instance: Any, schema: Any) -> Errors:
    del validator, schema
    if isinstance(instance, str) and not matches(expression, instance):
        yield ValidationError(f"{instance!r} does not match {expression!r}")


def by_pattern(name: str) -> str:
    """Return what a format is called where a pattern stands beside it and decides: no validator knows the name."""
    return f"{name} by its pattern"


def is_left_to_pattern(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema has a pattern beside a format of which each library has its own reading."""
    return schema.get("format") in DISPUTED and isinstance(schema.get("pattern"), str)


def where_no_pattern(plain: Any) -> Any:
    """Return how `format` is judged: where a pattern beside it decides, it is not."""

    def judge(validator: Any, name: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
        if not is_left_to_pattern(schema):
            yield from plain(validator, name, instance, schema)

    return judge


def multiple_of(validator: Any, step: Any, instance: Any, schema: Any) -> Errors:
    """Judge by the numbers as they are written: 19.99 is a multiple of 0.01, although it is none in binary."""
    del schema
    is_endless = isinstance(instance, float) and not math.isfinite(instance)
    if validator.is_type(instance, "number") and not is_endless and Fraction(str(instance)) % Fraction(str(step)):
        yield ValidationError(f"{instance!r} is not a multiple of {step}")


def reference(validator: Any, target: str, instance: Any, schema: Mapping[str, Any]) -> Errors:
    """Follow a reference; `nullable` beside it lets null pass, as its author meant it."""
    if instance is None and schema.get("nullable") is True:
        return
    yield from validator._validate_reference(ref=target, instance=instance)


def without_siblings(schema: Any) -> list[tuple[str, Any]]:
    """Return the keywords that count: beside a `$ref` of 3.0 there are none (OpenAPI 3.0.3, section 4.7.23.1)."""
    return [("$ref", schema["$ref"])] if isinstance(schema.get("$ref"), str) else list(schema.items())


def alternatives(keyword: str) -> Any:
    """Return how 3.0 judges oneOf or anyOf: where a discriminator names an alternative, by that one alone."""
    plain = validators.OAS31Validator.VALIDATORS[keyword]

    def judge(validator: Any, choices: Any, instance: Any, schema: Mapping[str, Any]) -> Errors:
        target = chosen_by_discriminator(choices, instance, schema)
        if target is None:
            yield from plain(validator, choices, instance, schema)
        else:
            yield from validator.descend(instance, {"$ref": target})

    return judge


def chosen_by_discriminator(choices: Any, instance: Any, schema: Mapping[str, Any]) -> str | None:
    """Return the reference of the alternative that a discriminator names; None where it names none of them."""
    discriminator = schema.get("discriminator")
    if not (isinstance(discriminator, dict) and isinstance(instance, dict)):
        return None
    name = instance.get(discriminator.get("propertyName", ""))
    if not isinstance(name, str):
        return None
    mapped = str((discriminator.get("mapping") or {}).get(name, name))
    references = [str(each.get("$ref")) for each in choices if isinstance(each, dict)]
    return next((each for each in references if each == mapped or each.rpartition("/")[2] == mapped), None)


def required_but(left_out: tuple[str, ...]) -> Any:
    """Return how `required` is judged where members with one of these keywords (readOnly, writeOnly) may be missing."""

    def judge(validator: Any, names: list[str], instance: Any, schema: Mapping[str, Any]) -> Errors:
        if not validator.is_type(instance, "object"):
            return
        for name in names:
            may_miss = (may_be_missing(validator._resolver, schema, name, keyword) for keyword in left_out)
            if name not in instance and not any(may_miss):
                yield ValidationError(f"{name!r} is a required property")

    return judge


def may_be_missing(resolver: Any, schema: Any, name: str, keyword: str, depth: int = 0) -> bool:
    """Tell whether a keyword is true of a member, as a schema or one in its `allOf` says."""
    schema, resolver = followed(resolver, schema)
    if not isinstance(schema, dict) or depth > MOST_REFERENCES:
        return False
    members = schema.get("properties")
    member = members.get(name) if isinstance(members, dict) else None
    if isinstance(member, dict) and (member.get(keyword) is True or says(resolver, member, keyword)):
        return True
    parts = schema.get("allOf") or ()
    return any(may_be_missing(resolver, part, name, keyword, depth + 1) for part in parts)


def says(resolver: Any, node: Any, keyword: str) -> bool:
    """Tell whether a keyword is true in a schema, or where its references lead."""
    found, _ = followed(resolver, node)
    return isinstance(found, dict) and found.get(keyword) is True


def followed(resolver: Any, node: Any) -> tuple[Any, Any]:
    """Return where the references of a node lead, and what resolves references there."""
    for _ in range(MOST_REFERENCES):
        if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
            break
        found = resolver.lookup(node["$ref"])
        node, resolver = found.contents, found.resolver
    return node, resolver


def refused(keyword: str) -> Any:
    """Return how 3.0 judges a member that does not travel this way (OpenAPI 3.0.3, section 4.7.24.2)."""

    def judge(validator: Any, is_set: bool, instance: Any, schema: Any) -> Errors:
        del validator, schema
        if is_set is True:
            yield ValidationError(f"{str(instance)[:80]} is {keyword}, and is there")

    return judge


def known_types(plain: Any) -> Any:
    """Return how `type` is judged: one that JSON does not have refuses nothing, since it means nothing."""

    def judge(validator: Any, named: Any, instance: Any, schema: Any) -> Errors:
        types = named if isinstance(named, list) else [named]
        if not all(each in TYPES for each in types):
            return
        by = plain if isinstance(named, str) else validators.OAS31Validator.VALIDATORS["type"]
        yield from by(validator, named, instance, schema)

    return judge


def takes_files(checker: Any) -> Any:
    """Let bytes stand for text: a part of a form, or a whole content, may be a file."""
    return checker.redefine("string", lambda _, value: isinstance(value, str | bytes))


def judge_of_3_0(left_out: tuple[str, ...], refuses: tuple[str, ...]) -> type[Any]:
    keywords = {
        **OAS30_VALIDATORS,
        "$ref": reference,
        "type": known_types(OAS30_VALIDATORS["type"]),
        "pattern": pattern,
        "format": where_no_pattern(OAS30_VALIDATORS["format"]),
        "multipleOf": multiple_of,
        "allOf": validators.OAS31Validator.VALIDATORS["allOf"],
        "oneOf": alternatives("oneOf"),
        "anyOf": alternatives("anyOf"),
        "required": required_but(left_out),
        **{keyword: refused(keyword) for keyword in refuses},
    }
    made: type[Any] = create(
        meta_schema={},
        validators=keywords,
        type_checker=takes_files(validators.OAS30Validator.TYPE_CHECKER),
        id_of=lambda _: "",
        applicable_validators=without_siblings,
    )
    return made


def judge_of_3_1(left_out: tuple[str, ...]) -> type[Any]:
    # jsonschema gives this function no types.
    made: type[Any] = extend(  # type: ignore[no-untyped-call]
        validators.OAS31Validator,
        {
            "type": known_types(validators.OAS31Validator.VALIDATORS["type"]),
            "pattern": pattern,
            "format": where_no_pattern(validators.OAS31Validator.VALIDATORS["format"]),
            "multipleOf": multiple_of,
            "required": required_but(left_out),
        },
        type_checker=takes_files(validators.OAS31Validator.TYPE_CHECKER),
    )
    return made


def formats_like(checker: FormatChecker) -> FormatChecker:
    """
    Return a format checker with some formats mended.

    `regex` is ECMA-262, and `time` has an offset (RFC 3339, section 5.6), which services often leave out. A minute may
    have 61 seconds in `date-time` too. `byte` may be written for URLs, in lines, and without padding (RFC 4648,
    sections 3 and 5). A URI, an IRI or a reference is judged only by what may stand in none of them.
    """
    mended = FormatChecker()
    mended.checkers = {**checker.checkers, "regex": (is_regex, ()), "time": (is_time, ())}
    mended.checkers |= dict.fromkeys(REFERENCES, (may_be_a_reference, ()))
    is_moment, raised = checker.checkers.get("date-time", (lambda _: True, ()))
    mended.checkers["date-time"] = (lambda value: is_moment(without_leap_second(value)), raised)
    if "byte" in checker.checkers:
        mended.checkers["byte"] = (is_base64, ())
    return mended


def without_leap_second(value: Any) -> Any:
    return LEAP_SECOND.sub("59", value, count=1) if isinstance(value, str) else value


def is_base64(value: Any) -> bool:
    return not isinstance(value, str) or BASE64.fullmatch("".join(value.split())) is not None


def is_regex(value: Any) -> bool:
    return not isinstance(value, str) or is_readable(value)


def may_be_a_reference(value: Any) -> bool:
    return not isinstance(value, str) or OF_NO_REFERENCE.search(value) is None


def is_time(value: Any) -> bool:
    return not isinstance(value, str) or TIME.fullmatch(value) is not None


TIME = re.compile(
    r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?", re.ASCII
)
OF_NO_REFERENCE = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>\"]")
LEAP_SECOND = re.compile(r"(?<=[Tt]\d\d:\d\d:)60", re.ASCII)
BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3}={0,2})?")
FORMATS = {
    "3.0": formats_like(validators.oas30_format_checker),
    "3.1": formats_like(validators.oas31_format_checker),
}
LEFT_OUT: dict[bool | None, tuple[str, ...]] = {
    True: ("readOnly",),
    False: ("writeOnly",),
    None: ("readOnly", "writeOnly"),
}
JUDGES = {
    **{("3.0", way): judge_of_3_0(names, names if way is not None else ()) for way, names in LEFT_OUT.items()},
    **{("3.1", way): judge_of_3_1(names) for way, names in LEFT_OUT.items()},
}
