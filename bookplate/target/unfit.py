"""Accounts that do not fit the document: what they say, nothing of it could be proved by."""

from collections.abc import Iterator

from ..contract.access import ADMIN
from ..contract.document import Document
from ..contract.predicates import has_role
from ..contract.security import Security
from ..nearest import did_you_mean
from .accounts import PEERS, Account
from .config import Config
from .set_up_error import SetUpError


def refuse_unfit(config: Config, document: Document) -> None:
    """Raise SetUpError for an account of a role that the document has not, or whose values nothing of it takes."""
    logs_in = any(map(has_role("log-in"), document.operations))
    roles = {ADMIN: None, **dict.fromkeys(role for operation in document.operations for role in operation.roles)}
    for name, account in config.accounts.items():
        if name not in (*PEERS, *roles):
            known = f"it tells of a, b and who has a role of x-access: {', '.join(roles)}"
            raise SetUpError(f"[accounts] has no '{name}': {did_you_mean(name, (*PEERS, *roles), known)}")
        for mistake in mistakes_in_fit(account, document.security, logs_in=logs_in):
            raise SetUpError(f"[accounts] {name}: {mistake}")


def mistakes_in_fit(account: Account, security: Security, *, logs_in: bool) -> Iterator[str]:
    """Yield what of an account the document has no use for; one that declares no scheme is taken to be silent."""
    schemes = security.schemes.values()
    known = ", ".join(security.schemes) or "none"
    for name in account.schemes:
        if name not in security.schemes:
            remedy = did_you_mean(name, security.schemes, f"it has {known}")
            yield f"the document has no security scheme '{name}': {remedy}"
    flows = {flow.name for scheme in schemes for flow in scheme.flows}
    takes_password = logs_in or "password" in flows or any(scheme.takes_password for scheme in schemes)
    if account.username and schemes and not takes_password:
        yield (
            "nothing in the document takes a user name and a password: mark its log-in by x-auth-role, "
            'or write token = "..." or schemes = {NAME = "..."}; its schemes are ' + known
        )
    if account.client_id and "clientCredentials" not in flows:
        yield 'the document has no flow clientCredentials of OAuth 2: write token = "..."'
    keys = [scheme.name for scheme in schemes if scheme.is_key]
    if account.api_key and len(keys) != 1:
        remedy = f'say which one: schemes = {{{keys[0]} = "..."}}' if keys else f"its schemes are {known}"
        yield f"the document has {len(keys) or 'no'} API keys{' (' + ', '.join(keys) + ')' if keys else ''}: {remedy}"
