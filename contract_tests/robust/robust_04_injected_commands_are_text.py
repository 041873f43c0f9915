"""ROBUST-04: injected commands are text."""

import time
from statistics import median

from bookplate import SHOULD, Violation, experiment, fault
from bookplate.contract import is_paged, look_up
from bookplate.faults import Request
from bookplate.fixtures import Collection, Resources

PROBES = ("' OR '1'='1", "%", "_", "*", "{{7*7}}", "$(sleep 2)", "'; SELECT pg_sleep(2) --")


SLOW = 2.0


@experiment("ROBUST-04", level=SHOULD, source="OWASP API8:2023", applies=is_paged)
def test_injected_commands_are_text(collection: Collection, resources: Resources) -> None:
    """What looks like a command to a database, a shell or a template finds only what contains it, and costs no time."""
    lister = collection.operation
    if not (searched := [*lister.text_filters.items()]):
        return
    name, places = searched[0]
    collection.plant(1)
    usual = median(resources.call(collection.prepared, query={name: f"Author {number}"}).seconds for number in range(3))
    for probe in PROBES:
        answer = resources.call(collection.prepared, query={name: probe})
        for item in look_up(answer.json(), collection.page.items) or ():
            texts = [str(look_up(item, place)) for place in places]
            if not any(probe.casefold() in text.casefold() for text in texts):
                observed = f"{name}={probe} finds what does not contain it: {texts[0][:60]}"
                raise Violation(observed, expected="only what contains it", exchanges=[answer])
        if answer.seconds > max(SLOW, 20 * usual):
            observed = f"{name}={probe} took {answer.seconds:.1f} s"
            raise Violation(observed, expected=f"about {usual:.2f} s, as others take", exchanges=[answer])


@fault(test_injected_commands_are_text)
def percent_is_a_wildcard(request: Request) -> None:
    """The text that is looked for is put into a LIKE pattern as it stands."""
    if request.query.get("q") == "%":
        request.query["q"] = "u"
    elif request.query.get("author") == "%":
        del request.query["author"]


@fault(test_injected_commands_are_text)
def the_shell_is_asked(request: Request) -> None:
    """Text is run as a command."""
    if "sleep 2" in str(request.query):
        time.sleep(SLOW + 0.3)
        request.headers["x-slept"] = "yes"
