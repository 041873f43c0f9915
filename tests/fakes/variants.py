"""Conformant variants of the reference, each with a few habits that others have, and one that is not."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from . import habits, loose_habits
from .variant import Variant

# A field with one of these says something of the answer: it cannot be the same in all.
YES_OR_NO = ["true", "false"]


def served(*ways: Callable[..., Any], **manner: Any) -> Variant:
    """Return the reference with these habits."""
    from impl import create_app

    variant = Variant(create_app(), *ways)
    variant.memory |= manner
    return variant


def in_other_words() -> Variant:
    """What it says is said otherwise."""
    said = (habits.other_words, habits.ids_with_gaps, habits.other_cursors, habits.longer_tokens, habits.short_times)
    return served(*said, habits.other_json, habits.keys_told, habits.one_method_allowed)


def from_behind_a_proxy() -> Variant:
    """What stands in front of it is slow at times, compresses, and adds to what it says."""
    return served(habits.behind_a_proxy, habits.packed, habits.without_lengths, spelling=str.title)


def in_many_lines() -> Variant:
    """What can be repeated is, and what can be longer or in another order too."""
    said = (habits.other_words, habits.old_phrases, habits.one_time, habits.odd_tags, habits.other_links)
    return served(*said, habits.more_challenges, habits.open_to_all, habits.one_line_each)


def in_careless_forms() -> Variant:
    """What resembles the others, and nothing allows."""
    return served(habits.careless_times, habits.careless_headers)


def as_standards_have_it() -> Variant:
    """Its headers and problems are what their standards allow."""
    # The reference says what its document says, if that is one thing: of the forms of a header the first.
    path = Path(os.environ["OPENAPI_DOCUMENT"])
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for header in document["components"]["headers"].values():
        forms = header["schema"].get("enum", [])
        if forms != YES_OR_NO:
            header["schema"] |= {"enum": forms[:1]} if forms else {}
    os.environ["OPENAPI_DOCUMENT"] = str(path.with_name("served.yaml"))
    path.with_name("served.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    said = (loose_habits.limits, loose_habits.waits, loose_habits.places, loose_habits.links, loose_habits.caches)
    return served(*said, loose_habits.challenges, loose_habits.problems, loose_habits.weak_tags)
