"""SCHEMA-05: texts are no numbers."""

from collections.abc import Iterator
from typing import Any

from bookplate import NotChecked, control, expect, experiment, fault
from bookplate.contract import Operation, is_conditional_write, look_up
from bookplate.faults import Request
from bookplate.fixtures import Resources, SingleChange, changeable_places, plain_values, with_changes

TYPES = ("integer", "number", "boolean")


def takes_numbers(operation: Operation) -> bool:
    """Its JSON has numbers or truth values, and nobody's account or session is spent by it."""
    is_json = operation.body is not None and operation.body.media_type.is_json
    return is_json and not operation.role and any(each.type in TYPES for each in changeable_places(operation).values())


@experiment("SCHEMA-05", source="OpenAPI 3.0.3, Schema Object; RFC 8259, section 3", applies=takes_numbers)
def test_texts_are_no_numbers(operation: Operation, resources: Resources) -> None:
    """
    JSON in which a text stands for a number or a truth value, such as "5" for 5, is refused with a 4xx.

    Only texts are sent that the schema does not allow there. The same request with the value itself succeeds.

    Why it matters: a service that takes a text for a number reads "1e3", " 5" or "05" as something too, and each client
    library reads it as something else. What is wrong in a client is then found in the data, and not in its first test.

    To mend it: switch the validation of content to strict types, as most frameworks turn "5" into 5 by default. In
    the path and the query everything is text, and is to be read by its type.
    """
    prepared = resources.prepare(operation)
    headers = {"If-Match": "*"} if is_conditional_write(operation) else {}
    content = resources.content(prepared)
    if not isinstance(content, dict):
        raise NotChecked(f"{operation.id} takes no object, so it has no members")

    for change, trial in expect.each(values_with_a_type(operation, content)):
        with trial:
            text = str(change.value).lower()
            wrong = with_changes(content, [SingleChange(change.place, text)])
            if operation.content_schema is None or operation.content_schema.allows(wrong, request=True):
                continue
            answer = resources.call(prepared, headers, body=wrong)
            right = with_changes(resources.content(prepared), [change])
            control(resources.call(prepared, headers, body=right), f"'{change.place.removeprefix('/')}' as a text")

            expect.no_server_error(answer)
            observed = f"'{change.place.removeprefix('/')}' as the text \"{text}\": {answer.describe()}"
            expect.that(answer.status >= 400, observed, expected="a 4xx", shown=[answer])


def values_with_a_type(operation: Operation, content: dict[str, Any]) -> Iterator[SingleChange]:
    """Yield a value for the first place of each type that is no text, as the sample has it or the schema allows it."""
    tried = set()
    for place, schema in changeable_places(operation).items():
        known = look_up(content, place)
        values = [each for each in (known, *plain_values(schema)) if isinstance(each, bool | int | float)]
        if schema.type in TYPES and schema.type not in tried and values:
            tried.add(schema.type)
            yield SingleChange(place, values[0])


@fault(test_texts_are_no_numbers)
def digits_are_a_number(request: Request) -> None:
    """A text of digits is taken for the number."""
    year = request.members.get("published_year")
    if isinstance(year, str) and year.isdecimal():
        request.put(published_year=int(year))
