"""What an answer hands on to the requests behind it, such as an id, when the same requests are sent once more."""

from collections.abc import Mapping
from typing import Any

from ..wire.exchange import Exchange
from ..wire.made import made_in
from .parts import Pair, Parts

# What an answer has made, as a text, and what has taken its place.
HandedOn = dict[str, Any]


def handed_on(before: Exchange, now: Exchange) -> HandedOn:
    """
    Return what the server has made in an answer, each with what stands in its place in another answer to such a request.

    Nothing is known of places that only one answer has.
    """
    new = {each.place: each.value for each in made_in(now)}
    return {each.text: new[each.place] for each in made_in(before) if new.get(each.place, each.value) != each.value}


def adapted(parts: Parts, handed: Mapping[str, Any]) -> Parts:
    """Return a request with what has taken the place of values that earlier answers had made."""
    for place, value in list(parts.values()):
        text = value.text if isinstance(value, Pair) else str(value)
        if text in handed:
            new = handed[text]
            parts = parts.with_value(place, value.with_text(str(new)) if isinstance(value, Pair) else new)
    return parts
