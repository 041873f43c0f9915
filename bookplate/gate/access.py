"""Who may call what: less access breaks clients, and more access breaks those who relied on others being kept out."""

from collections.abc import Iterable, Iterator

from ..contract.access import Access
from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.place import Place
from .finding import Finding
from .pairs import Pair, pairs


def compare_access(old: Document, new: Document) -> Iterator[Finding]:
    """Yield each change of security, x-access and x-cors; all are breaking but another first `via` and the first groups."""
    for pair in pairs(old, new):
        yield from compare_security(pair)
        yield from compare_roles(pair)
        yield from compare_origins(pair)


def compare_security(pair: Pair) -> Iterator[Finding]:
    before, after = security_of(pair.old), security_of(pair.new)
    if before == after:
        return
    if not pair.old.secured:
        yield pair.breaking("access tightened: it needs a token now", "security")
    elif not pair.new.secured:
        yield pair.breaking("access loosened: it needs no token any more", "security")
    else:
        yield pair.breaking("access changed: other credentials or scopes are accepted now", "security")


def security_of(operation: Operation) -> set[str]:
    """Return the alternatives of security requirements, each as one comparable text."""
    return {str(sorted((name, sorted(scopes)) for name, scopes in one.items())) for one in operation.security}


def compare_roles(pair: Pair) -> Iterator[Finding]:
    admitted, admits = pair.old.allow, pair.new.allow
    if admits - admitted:
        yield pair.breaking(f"access loosened: {words(admits - admitted)} may call it now", "x-access", "allow")
    if admitted - admits:
        yield pair.breaking(
            f"access tightened: {words(admitted - admits)} may not call it any more", "x-access", "allow"
        )
    before, after = pair.old.access or Access(()), pair.new.access or Access(())
    for key, meaning, was, now in (
        ("owner", "the owner is", before.owner, after.owner),
        ("self", "the caller's own object is", named_by(before), named_by(after)),
        ("via", "what an item belongs to is", steps_of(before), steps_of(after)),
        ("refusal", "a refusal is", before.declared_refusal, after.declared_refusal),
    ):
        if was != now:
            message = f"access changed: {meaning} {said(now)}, and was {said(was)}"
            yield pair.breaking(message, "x-access", key)
    for key, was, now in (("grants", before.grants, after.grants), ("suspends", before.suspends, after.suspends)):
        if was is not None and was != now:
            yield pair.breaking(f"access changed: {key} is {said(now)}, and was {was}", "x-access", key)


def named_by(access: Access) -> str | None:
    """Return how a request names the caller's own account; None where it does not."""
    return access.own_account.written if access.own_account else None


def steps_of(access: Access) -> str | None:
    """Return what an item belongs to, where that is something else; another operation that shows the item itself is no change."""
    return ", ".join(access.via[1:]) or None


def said(value: str | int | None) -> str:
    return "unsaid" if value is None else str(value)


def compare_origins(pair: Pair) -> Iterator[Finding]:
    before, after = pair.old.origins, pair.new.origins
    at = pair.after.below("x-cors") or Place.root(pair.new_document).below("x-cors")
    if before == after:
        return
    if before is None:
        # A deployment that has one list of origins keeps it for every group.
        tell = pair.compatible if after else pair.breaking
        yield tell(
            f"pages of {words(set(after or ())) or 'no origin'} may call it, and the settings alone said so", at=at
        )
        return
    if after is None:
        yield pair.breaking("access loosened: pages of every origin in the settings may call it now", at=at)
        return
    if added := set(after) - set(before):
        yield pair.breaking(f"access loosened: pages of {words(added)} may call it now", at=at)
    if removed := set(before) - set(after):
        yield pair.breaking(f"access tightened: pages of {words(removed)} may not call it any more", at=at)


def words(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))
