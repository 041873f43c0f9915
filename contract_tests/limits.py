"""Limits put to the test: fresh callers, and requests as cheap as the document allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .accounts import Account
from .exchange import Exchange
from .operation import Operation, Policy
from .pointer import put
from .rule import NotChecked, Violation
from .shelf import Shelf

DEAREST = 500


def exhaustible(operation: Operation) -> list[Policy]:
    """Return the policies that requests can exhaust before another one of the operation refuses."""
    first = [policy for policy in operation.policies if policy.by != "body"]
    return [
        policy
        for policy in operation.policies
        if policy.quota <= DEAREST
        and (policy.by == "body" or all(other.quota > policy.quota for other in first if other is not policy))
    ]


@dataclass(frozen=True, eq=False)
class Spender:
    """A caller whom a policy counts; without an address of its own it sends each request from another one."""

    limits: "Limits"
    address: str
    headers: Mapping[str, str]
    body: Any
    account: Account | None = None

    def send(
        self, headers: Mapping[str, str] | None = None, *, form: Operation | None = None, **changes: Any
    ) -> Exchange:
        """Send a request that counts, in another form where one is given, or with another address, body or query."""
        operation = form or self.limits.operation
        address = self.address or self.limits.shelf.accounts.fresh_address()
        given = {"arguments": operation.nowhere, "address": address, "body": self.body, **changes}
        return self.limits.shelf.client.call(
            operation, headers={**self.headers, **(headers or {})}, wait=False, **given
        )


@dataclass(frozen=True, eq=False)
class Limits:
    """The limits of one operation, on an instance that has them as documented."""

    operation: Operation
    shelf: Shelf

    def reachable(self) -> list[Policy]:
        """Return the policies that can be exhausted here; NotChecked where there is none."""
        if not (policies := exhaustible(self.operation)):
            raise NotChecked(self.unreached())
        return policies

    def unreached(self) -> str:
        """Return which policies were left out, and why; empty where none was."""
        left = [policy.name for policy in self.operation.policies if policy not in exhaustible(self.operation)]
        return f"not checked: {', '.join(left)}: others refuse before, or it takes too many requests" if left else ""

    def own(self) -> list[Policy]:
        """Return the policies that are put to the test here, and at no other operation that spends them too."""
        return [policy for policy in self.reachable() if self._place(policy) is self.operation]

    def elsewhere(self) -> str:
        """Return at which operations the others are put to the test, and which nowhere."""
        others = {policy.name: self._place(policy).id for policy in self.reachable() if policy not in self.own()}
        told = [f"{policy} is put to the test at {place}" for policy, place in others.items()]
        return "; ".join([*told, *filter(None, [self.unreached()])])

    def _place(self, policy: Policy) -> Operation:
        places = [each for each in self.shelf.document.operations if policy in exhaustible(each)]
        return min(places, key=lambda each: (bool(each.auth_role), each.secured, bool(each.path_parameters)))

    def spend(self, policy: Policy, count: int) -> list[Exchange]:
        """
        Send this many requests that count towards a policy, from a caller whom it has not seen.

        They may be wrong in every way but those that the policy looks at: refused requests count.
        """
        spender = self.spender(policy, signed_in=policy.by == "principal" and not self.operation.auth_role)
        return [spender.send() for _ in range(count)]

    def exhausted(self, policy: Policy) -> tuple[Spender, list[Exchange]]:
        """Return a caller whom a policy refuses from now on, with the answers up to and including the first refusal."""
        spender = self.spender(policy)
        answers = [spender.send()]
        while answers[-1].status != 429 and len(answers) <= 2 * policy.quota:  # a window may have ended meanwhile
            answers.append(spender.send())
        if len(answers) == 1 or sum(answer.seconds for answer in answers) > 2 * policy.window:
            raise NotChecked(f"{policy.name}: refuses at once, or the target is too slow for it")
        if answers[-1].status != 429:
            observed = f"{policy.name}: {len(answers)} requests, none refused"
            raise Violation(observed, expected=f"429 after {policy.quota}", exchanges=answers[-1:])
        return spender, answers

    def spender(self, policy: Policy, *, signed_in: bool = False) -> Spender:
        """Return a caller whom a policy has not seen, signed in only where need be."""
        if policy.by == "body":
            account = self.shelf.accounts.throw_away()
            return Spender(self, "", {}, self._wrong(policy, account), account)
        body: Any = {} if self.operation.body_media else None
        alone = not self.shelf.client.many_addresses and policy.by == "principal" and not self.operation.auth_role
        if signed_in or self.operation.secured or alone:
            account = self.shelf.accounts.throw_away()
            return Spender(self, account.address, account.headers(), body, account)
        if not self.shelf.client.many_addresses:
            raise NotChecked(f"{policy.name} counts by address, and there is only one towards this target")
        return Spender(self, self.shelf.accounts.fresh_address(), {}, body)

    def _wrong(self, policy: Policy, account: Account) -> Any:
        """Return a well-formed body that names an account and, where failures count, gives it the wrong secret."""
        body = self.shelf.samples.body(self.operation)
        role = self.operation.auth_role or {}
        if "secret" not in role or policy.pointer is None:
            raise NotChecked(f"{policy.name}: nothing says how to make a failure: add x-auth-role")
        put(body, policy.pointer, account.identifier)
        put(body, role["secret"], f"not {account.secret}")
        return body
