"""Filters and sort: query parameters that are called after members of the items of a list."""

from collections.abc import Collection, Iterable, Mapping

from ..lines import escape
from ..pagination import Filter, Sort
from ..parameter import Parameter
from .shapes import Shape, shape_of
from .words import first_in, plain, words_of

SORTS = ("sort", "sortby", "orderby", "ordering", "order")
SEARCHES = ("q", "query", "search", "searchterm", "term", "keyword", "text")
TITLES = ("title", "name", "subject", "displayname", "label", "summary", "description")
# Words beside the name of a member that say how it is compared.
AT_LEAST = frozenset(("min", "from", "gte", "after", "since", "start", "ge"))
AT_MOST = frozenset(("max", "to", "lte", "until", "end", "le"))
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
    if asked.kind in ("array", "object"):
        return None
    member = first_in(item.members, (plain(parameter.name),))
    if member is not None:
        return Filter((f"/{escape(member)}",), "equal") if is_comparable(asked, item.members[member]) else None
    if plain(parameter.name) in SEARCHES:
        return search_in(item)
    return bound_of(parameter, item)


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
    """Return the comparison of a parameter such as `price_min` or `year_from`; None where it is none."""
    words = words_of(parameter.name)
    rest = [word for word in words if word not in AT_LEAST | AT_MOST]
    if len(rest) != len(words) - 1 or not rest:
        return None
    is_lower = any(word in AT_LEAST for word in words)
    ordered = {
        name: member
        for name, member in item.members.items()
        if member.kind in ("integer", "number") or member.format in ("date", "date-time")
    }
    alike = [name for name in ordered if words_of(name) == rest] or [
        name for name in ordered if set(rest) < set(words_of(name))
    ]
    if len(alike) != 1:
        return None
    return Filter((f"/{escape(alike[0])}",), "at-least" if is_lower else "at-most")


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
