"""Predicates of operations: each says to which operations a law applies."""

from collections.abc import Callable

from .access import OWNER, RELATIONS, SELF
from .operation import Operation

Predicate = Callable[[Operation], bool]


def every_operation(operation: Operation) -> bool:
    return True


def is_secured(operation: Operation) -> bool:
    return operation.secured


def is_limited(operation: Operation) -> bool:
    return bool(operation.policies)


def is_limited_by_default(operation: Operation) -> bool:
    """It names no policies, and the document has default ones."""
    has_default = bool(operation.default)
    return has_default and not operation.names_policies


def is_exempt(operation: Operation) -> bool:
    """It names an empty list, which keeps the default policies of the document away."""
    has_default = bool(operation.default)
    names_an_empty_list = operation.names_policies and not operation.policies
    return has_default and names_an_empty_list


def is_collection(operation: Operation) -> bool:
    return operation.pagination is not None


def has_cursors(operation: Operation) -> bool:
    return operation.pagination is not None and operation.pagination.style == "cursor"


def has_opaque_cursors(operation: Operation) -> bool:
    """It has cursors that its pages give, and that nobody makes of an item."""
    return has_cursors(operation) and operation.pagination is not None and not operation.pagination.begins_after_an_item


def is_paged(operation: Operation) -> bool:
    return operation.pagination is not None and operation.pagination.style == "page"


def is_walkable(operation: Operation) -> bool:
    """Its pages can be asked for one after the other, each by its number or by what comes before it."""
    return operation.pagination is not None and operation.pagination.style in ("page", "offset")


def is_owned(operation: Operation) -> bool:
    """The caller's right to it hangs on who owns the resource."""
    return "owner" in operation.allow


def is_private_read(operation: Operation) -> bool:
    """It shows an item to some of the callers who are signed in, not to all."""
    return operation.method == "GET" and names_something(operation) and is_for_some(operation)


def is_for_some(operation: Operation) -> bool:
    """The caller's right to it hangs on what they have to do with an item, or with an account."""
    return OWNER in operation.allow or SELF in operation.allow


def names_something(operation: Operation) -> bool:
    """Its requests name an item, or an account that has to be the caller's own."""
    own = operation.own_account
    return bool(operation.path_parameters) or (own is not None and own.place in ("query", "body"))


def is_creator(operation: Operation) -> bool:
    """It makes something that is read elsewhere, and nobody signs up or in by it."""
    return operation.adds and not operation.role


def names_what_it_makes(operation: Operation) -> bool:
    """It is a PUT that makes an item whose name the client chooses."""
    return operation.names_what_it_makes and not operation.role


def is_for_admins(operation: Operation) -> bool:
    return operation.allow == {"admin"}


def is_for_roles(operation: Operation) -> bool:
    """It admits the holders of some roles alone, such as admins, whatever it is about."""
    return bool(operation.allow) and not operation.allow & RELATIONS


def is_owned_write(operation: Operation) -> bool:
    return is_owned(operation) and operation.method in ("PUT", "PATCH", "DELETE")


def is_claim(operation: Operation) -> bool:
    """It takes values that no two items may share."""
    return bool(operation.unique)


def is_conditional_read(operation: Operation) -> bool:
    """It documents 304, or its answers have shown an ETag (RFC 9110, section 13.2.1)."""
    return operation.method == "GET" and (operation.documents(304) or operation.facts.versions is not None)


def is_conditional_write(operation: Operation) -> bool:
    """It writes, and takes If-Match; in a read that field guards a range (RFC 9110, section 13.1.1)."""
    return operation.method in ("POST", "PUT", "PATCH", "DELETE") and operation.takes_condition


def is_bounded(operation: Operation) -> bool:
    """It declares that what is too large is refused."""
    return operation.documents(413, 414, 431)


def takes_tokens(operation: Operation) -> bool:
    """It refuses a bad bearer token, even if it asks for none; where people sign in, 401 says something else."""
    signs_in = operation.role in ("log-in", "refresh")
    return operation.bearer and (operation.secured or (operation.answers_with(401) and not signs_in))


def is_open_to_pages(operation: Operation) -> bool:
    """Pages of some origin may call it, or the document does not say which."""
    return operation.origins != ()


def has_origins(operation: Operation) -> bool:
    """The document says which groups of origins may call it, and some may."""
    return bool(operation.origins)


def is_closed_to_some_pages(operation: Operation) -> bool:
    """The document says which groups of origins may call it, and names another."""
    has_other_origins = len(operation.other_origins) > 0
    return operation.origins is not None and has_other_origins


def has_body(operation: Operation) -> bool:
    return operation.body is not None


def may_lag(operation: Operation) -> bool:
    """Its answers may be behind what was written, as the document says itself."""
    return operation.cache is not None and operation.cache.max_staleness is not None


def has_input(operation: Operation) -> bool:
    return has_body(operation) or bool(operation.parameters)


def has_responses(operation: Operation) -> bool:
    """It says what it answers: from 3.1 on it need not (OpenAPI 3.1, section 4.8.10)."""
    return bool(operation.responses)


def is_plain(operation: Operation) -> bool:
    """Its path says all that it takes."""
    return not has_body(operation) and len(operation.parameters) == len(operation.path_parameters)


def has_role(role: str) -> Predicate:
    """Return the predicate for an `x-auth-role`, such as log-in or account."""

    def predicate(operation: Operation) -> bool:
        return operation.role == role

    return predicate
