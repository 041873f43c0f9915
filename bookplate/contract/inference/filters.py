"""Filters and sort: query parameters that are called after members of the items of a list."""

from collections.abc import Collection, Iterable, Mapping

from ..lines import escape
from ..pagination import Filter, Sort
from ..parameter import Parameter
from .shapes import Shape, shape_of
from .words import first_in, plain, singular, words_of

SORTS = ("sort", "sortby", "orderby", "ordering", "order")
SEARCHES = ("q", "query", "search", "searchterm", "term", "keyword", "text")
TITLES = ("title", "name", "subject", "displayname", "label", "summary", "description")
# Words beside the name of a member that say how it is compared. What is called `after` or `before` may leave the bound out.
AT_LEAST = frozenset(("min", "from", "gte", "since", "start", "ge"))
AT_MOST = frozenset(("max", "to", "lte", "until", "end", "le"))
# Times of items that a bound such as `since` is about, where an item has several.
TIMES = ("createdat", "created", "createdon", "date", "publishedat", "timestamp", "time")
DESCENDING = ("-desc", "_desc", ":desc", " desc", ".desc")
ASCENDING = ("-asc", "_asc", ":asc", " asc", ".asc")


def filters_of(parameters: Iterable[Parameter], item: Shape, others: Collection[str]) -> Mapping[str, Filter]:
    """Return the parameters that leave items out, as their names let guess; `others` are known to do something else."""
    found: dict[str, Filter] = {}
    for parameter in parameters:
        guess = filter_of(parameter, item) if parameter.name not in others else None
        if guess is not None:
            found[parameter.name] = guess
    return found


def filter_of(parameter: Parameter, item: Shape) -> Filter | None:
    """Return what a parameter compares; None where no member of an item is called so."""
    asked = shape_of(parameter.schema)
    one_of_several = asked.item if asked.kind == "array" else None
    if asked.kind == "object" or (asked.kind == "array" and one_of_several is None):
        return None
    member = first_in(item.members, (plain(parameter.name),))
    if member is not None and item.members[member].kind != "array":
        is_equal = is_comparable(one_of_several or asked, item.members[member])
        return Filter((f"/{escape(member)}",), "equal") if is_equal else None
    if one_of_several is not None:
        return None  # whether an item needs one of the values or all of them, no name says
    if plain(parameter.name) in SEARCHES:
        return search_in(item)
    return list_with(parameter, item) or bound_of(parameter, item)


def list_with(parameter: Parameter, item: Shape) -> Filter | None:
    """Return the filter by one of several values, such as `tag` of items that have `tags`; None where it is none."""
    wanted, asked = singular(plain(parameter.name)), shape_of(parameter.schema)
    for name, member in item.members.items():
        values = member.item if member.kind == "array" else None
        if values is not None and values.kind and singular(plain(name)) == wanted and is_comparable(asked, values):
            return Filter((f"/{escape(name)}",), "includes")
    return None


def is_comparable(asked: Shape, member: Shape) -> bool:
    """Tell whether a parameter and a member have values of one kind: an array or an object is compared in other ways."""
    numbers = ("integer", "number")
    are_numbers = asked.kind in numbers and member.kind in numbers
    return member.kind not in ("array", "object") and (asked.kind == member.kind or are_numbers or not asked.kind)


def search_in(item: Shape) -> Filter | None:
    """Return what a search looks into: the member of free text that most searches look into; None where there is none."""
    texts = [name for name, member in item.members.items() if member.is_free_text]
    name = first_in(texts, TITLES)
    return Filter((f"/{escape(name)}",), "contains") if name is not None else None


def bound_of(parameter: Parameter, item: Shape) -> Filter | None:
    """Return the comparison of a parameter such as `price_min`, `price[gte]` or `since`; None where it is none."""
    words = words_of(parameter.name)
    rest = [word for word in words if word not in AT_LEAST | AT_MOST]
    if len(rest) != len(words) - 1:
        return None
    is_lower = any(word in AT_LEAST for word in words)
    member = bounded_member(rest, item) if rest else bounded_time(shape_of(parameter.schema), item)
    if member is None or (item.members[member].format == "date-time" and words_at_ends(words)):
        return None
    return Filter((f"/{escape(member)}",), "at-least" if is_lower else "at-most")


def words_at_ends(words: list[str]) -> bool:
    """Tell whether a bound is called as the end of a time, which may be in or not."""
    return bool({"to", "until", "end"} & set(words))


def bounded_member(words: list[str], item: Shape) -> str | None:
    """Return the member of a number or a time that is called by these words, or by more; None where several are."""
    ordered = [
        name
        for name, member in item.members.items()
        if member.kind in ("integer", "number") or member.format in ("date", "date-time")
    ]
    alike = [name for name in ordered if words_of(name) == words] or [
        name for name in ordered if set(words) < set(words_of(name))
    ]
    return alike[0] if len(alike) == 1 else None


def bounded_time(asked: Shape, item: Shape) -> str | None:
    """Return the time of an item that a bound without a name is about: its only one, or when it was made."""
    if asked.format not in ("date", "date-time"):
        return None
    times = [name for name, member in item.members.items() if member.format == asked.format]
    return times[0] if len(times) == 1 else first_in(times, TIMES)


def sort_of(parameters: Iterable[Parameter], item: Shape) -> Sort | None:
    """Return the parameter that orders a list, where it lists values that are called after members of an item."""
    by_name = {each.name: each for each in parameters}
    name = first_in(by_name, SORTS)
    if name is None:
        return None
    keys = {value: order for value in shape_of(by_name[name].schema).values if (order := order_of(value, item))}
    return Sort(name, keys) if keys else None


def order_of(value: str, item: Shape) -> tuple[str, ...]:
    """Return the pointer that a value such as `-title` or `title_desc` sorts by; none where it names no member."""
    is_descending = value.startswith("-") or value.lower().endswith(DESCENDING)
    stem = value.lstrip("+-")
    for ending in (*DESCENDING, *ASCENDING):
        stem = stem[: -len(ending)] if stem.lower().endswith(ending) else stem
    member = first_in(item.members, (plain(stem),))
    if member is None:
        return ()
    return (f"{'-' if is_descending else ''}/{escape(member)}",)
