"""Limits put to the test: fresh callers, and requests as cheap as the document allows."""

from collections.abc import Iterator, Mapping
from typing import Any

from .accounts import Account, Accounts
from .client import Client
from .document import Document
from .exchange import Exchange
from .operation import Operation, Policy
from .pointer import put
from .rule import NotChecked
from .samples import Samples

DEAREST = 500
NOBODY = 987654321


def cheap_arguments(operation: Operation) -> dict[str, Any]:
    """Return path arguments that lead to nothing."""
    return {parameter["name"]: NOBODY for parameter in operation.path_parameters}


class Limits:
    """The limits of one operation, on an instance that has them as documented."""

    def __init__(
        self, operation: Operation, document: Document, client: Client, accounts: Accounts, samples: Samples
    ) -> None:
        self.operation = operation
        self.document = document
        self.client = client
        self.accounts = accounts
        self.samples = samples

    def reachable(self) -> Iterator[Policy]:
        """Yield the policies that requests can exhaust before another one of the operation refuses."""
        for policy in self.operation.policies:
            before = [other for other in self.operation.policies if other.by != "body" and other is not policy]
            alone = policy.by == "body" or all(other.quota > policy.quota for other in before)
            if alone and policy.quota <= DEAREST:
                yield policy

    def unreached(self) -> str:
        """Return which policies were left out, and why; empty where none was."""
        left = [policy.name for policy in self.operation.policies if policy not in list(self.reachable())]
        return f"not checked: {', '.join(left)}: others refuse before, or it takes too many requests" if left else ""

    def spend(self, policy: Policy, count: int) -> list[Exchange]:
        """
        Send this many requests that count towards a policy, from a caller whom it has not seen.

        They may be wrong in every way but those that the policy looks at: refused requests count.
        """
        if policy.by != "body":
            headers, address = self._caller(policy)
            body: Any = {} if self.operation.body_media else None
            return [self._send(headers, address, body) for _ in range(count)]
        account = self.accounts.throw_away()
        return [self._send({}, self.accounts.fresh_address(), self._wrong(policy, account)) for _ in range(count)]

    def _send(self, headers: Mapping[str, str], address: str, body: Any) -> Exchange:
        arguments = cheap_arguments(self.operation)
        return self.client.call(
            self.operation, arguments=arguments, headers=headers, body=body, address=address, wait=False
        )

    def _caller(self, policy: Policy) -> tuple[Mapping[str, str], str]:
        if (policy.by == "principal" and not self.operation.auth_role) or self.operation.secured:
            account = self.accounts.throw_away()
            return account.headers(), account.address
        if not self.client.many_addresses:
            raise NotChecked(f"{policy.name} counts by address, and there is only one towards this target")
        return {}, self.accounts.fresh_address()

    def _wrong(self, policy: Policy, account: Account) -> Any:
        """Return a well-formed body that names an account and, where failures count, gives it the wrong secret."""
        body = self.samples.body(self.operation)
        role = self.operation.auth_role or {}
        if "secret" not in role or policy.pointer is None:
            raise NotChecked(
                f"{policy.name} counts by content, and nothing says how to make a failure: add x-auth-role"
            )
        put(body, policy.pointer, account.identifier)
        put(body, role["secret"], f"not {account.secret}")
        return body
