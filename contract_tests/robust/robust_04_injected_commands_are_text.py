"""ROBUST-04: injected commands are text."""

import time
from statistics import median

from bookplate import SHOULD, expect, experiment, fault
from bookplate.contract import Operation, is_paged, look_up
from bookplate.faults import Request
from bookplate.fixtures import Collection, Resources, items_on


def has_text_filter(operation: Operation) -> bool:
    """It is a list with numbered pages, and one of its filters looks into free text."""
    return is_paged(operation) and bool(operation.text_filters)


@experiment("ROBUST-04", level=SHOULD, source="OWASP API8:2023", applies=has_text_filter)
def test_injected_commands_are_text(collection: Collection, resources: Resources) -> None:
    """
    A filter whose text is a command finds only the items that contain this text, and takes no longer than others.

    The commands are some of SQL, of the shell and of templates. A list without a filter on free text is left aside.

    Why it matters: if the text is run, an attacker reads or deletes the data of all users with one request. If it is a
    pattern, a search for `100%` finds everything.

    To mend it: pass values as parameters of the query, escape `%` and `_` in LIKE, and never build a command or a
    query by joining texts.
    """
    name, places = next(iter(collection.operation.text_filters.items()))
    collection.plant(1)
    ordinary = [resources.call(collection.prepared, query={name: f"Author {number}"}) for number in range(3)]
    usual = median(answer.seconds for answer in ordinary)

    for command, trial in expect.each(COMMANDS):
        with trial:
            answer = resources.call(collection.prepared, query={name: command})

            for item in items_on(collection.page, answer) or ():
                texts = [str(look_up(item, place)) for place in places]
                contains_it = any(command.casefold() in text.casefold() for text in texts)
                observed = f"{name}={command} finds what does not contain it: {texts[0][:60]}"
                expect.that(contains_it, observed, expected="only what contains it", shown=[answer])
            is_quick = answer.seconds <= max(SLEEP, MANY_TIMES * usual)
            observed = f"{name}={command} took {answer.seconds:.1f} s"
            expect.that(is_quick, observed, expected=f"about {usual:.2f} s, as others take", shown=[answer])


COMMANDS = ("' OR '1'='1", "%", "_", "*", "{{7*7}}", "$(sleep 2)", "'; SELECT pg_sleep(2) --")
# The seconds that the commands above sleep.
SLEEP = 2.0
# An answer that takes so many times as long as usual was kept by more than chance.
MANY_TIMES = 20


@fault(test_injected_commands_are_text)
def percent_is_a_wildcard(request: Request) -> None:
    """The text of a filter is put into a LIKE pattern as it is."""
    if request.query.get("q") == "%":
        request.query["q"] = "u"
    elif request.query.get("author") == "%":
        del request.query["author"]


@fault(test_injected_commands_are_text)
def filters_are_run_by_the_shell(request: Request) -> None:
    """The text of a filter is run by the shell."""
    if "sleep 2" in str(request.query):
        time.sleep(SLEEP + 0.3)
        request.headers["x-slept"] = "yes"
