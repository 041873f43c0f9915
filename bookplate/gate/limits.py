"""Rate limits, size limits and caches: fewer requests, smaller content or a shorter lifetime breaks clients."""

from collections.abc import Iterable, Iterator, Mapping

from ..contract.document import Document
from ..contract.extensions import CacheTerms, Policy
from ..contract.place import Place
from .finding import BREAKING, COMPATIBLE, Finding
from .pairs import Pair, pairs

KEY = "x-rate-limit"
UNKEPT = CacheTerms(store=0)


def compare_limits(old: Document, new: Document) -> Iterator[Finding]:
    """Yield each change of a policy, of the policies of an operation, of the sizes and of the caching of an answer."""
    yield from compare_policies(old, new)
    yield from compare_unrouted(old, new)
    yield from compare_sizes(old, new)
    for pair in pairs(old, new):
        yield from compare_spending(pair)
        yield from compare_cache(pair)


def place_of(document: Document, *keys: str) -> str:
    root = Place.root(document)
    return (root.below(KEY, *keys) or root.below(KEY) or root).where


def compare_policies(old: Document, new: Document) -> Iterator[Finding]:
    for name, after in new.policies.items():
        before = old.policies.get(name)
        if before is None or before == after:
            continue
        where = place_of(new, "policies", name)
        tighter = list(tightened(before, after))
        for reason in tighter:
            yield Finding(BREAKING, where, f"limit tightened: policy {name}: {reason}")
        if not tighter:
            yield Finding(COMPATIBLE, where, f"policy {name} admits more than before")


def tightened(before: Policy, after: Policy) -> Iterator[str]:
    """Yield why a policy admits less: a smaller burst, a lower rate, another bucket, or more that counts."""
    earlier, later = per_tier(before), per_tier(after)
    if set(earlier) - set(later) - {""} and "" not in later:
        yield f"tier {', '.join(sorted(set(earlier) - set(later)))} is gone"
    for tier, limit in later.items():
        promised = earlier.get(tier, max(earlier.values()) if "" in (tier, *earlier) else None)
        if promised is None:
            continue
        name = f" for tier {tier}" if tier else ""
        if limit < promised or limit * before.window < promised * after.window:
            yield f"{limit} in {after.window} s{name}, was {promised} in {before.window} s"
    for key, was, now in (
        ("by", before.by, after.by),
        ("pointer", before.pointer, after.pointer),
        ("tier", before.tier, after.tier),
    ):
        if was != now:
            yield f"{key} is {now or 'unsaid'}, was {was or 'unsaid'}"
    if before.counts == "failures" and after.counts is None:
        yield "successes count too"


def per_tier(policy: Policy) -> dict[str, int]:
    return dict(policy.limit) if isinstance(policy.limit, Mapping) else {"": policy.limit}


def compare_unrouted(old: Document, new: Document) -> Iterator[Finding]:
    before, after = names(old.unrouted_policies), names(new.unrouted_policies)
    place = place_of(new, "unrouted" if new.limits.says("unrouted") else "default")
    for name in sorted(after - before):
        yield Finding(BREAKING, place, f"limit tightened: unknown paths spend {name} now")


def names(policies: Iterable[Policy]) -> set[str]:
    return {policy.name for policy in policies}


def compare_sizes(old: Document, new: Document) -> Iterator[Finding]:
    for name, size in new.sizes.items():
        before = old.sizes.get(name)
        if before is None or size < before:
            was = f"was {before}" if before is not None else "had no limit"
            yield Finding(BREAKING, place_of(new, "sizes", name), f"limit tightened: {name} of {size} bytes, {was}")
        elif size > before:
            yield Finding(COMPATIBLE, place_of(new, "sizes", name), f"{name} may be larger than before")


def compare_spending(pair: Pair) -> Iterator[Finding]:
    before, after = names(pair.old.policies), names(pair.new.policies)
    # Where the operation names no policies, the default that it is under has changed.
    by_default = None if pair.new.names_policies else Place.root(pair.new_document).below(KEY, "default")
    for name in sorted(after - before):
        yield pair.breaking(f"limit tightened: it spends policy {name} now", KEY, at=by_default)
    if before - after and not after - before:
        yield pair.compatible(f"it spends policy {', '.join(sorted(before - after))} no more", KEY, at=by_default)


def compare_cache(pair: Pair) -> Iterator[Finding]:
    before, after = pair.old.cache or UNKEPT, pair.new.cache or UNKEPT
    if after.store < before.store:
        age = f"{after.store} s, was {before.store} s"
        yield pair.breaking(f"lifetime shortened: an answer is kept for {age}", "x-cache", "store")
    lag, lagged = after.lag or 0, before.lag or 0
    if lag > lagged:
        age = f"{lag} s, was {lagged} s"
        yield pair.breaking(f"promise weakened: an answer may be behind by {age}", "x-cache", "lag")
