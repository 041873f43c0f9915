"""Limits put to the test: fresh callers, and requests as cheap as the document allows."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .accounts import Account
from .client import seconds_to_wait
from .exchange import Exchange
from .operation import Operation, Policy
from .pointer import put
from .rule import NotChecked, Violation
from .shelf import Shelf

# How many requests a policy may take to be exhausted: at each operation, and at one of them with pauses in between.
DEAREST, DEAREST_WITH_PAUSES = 500, 1000


def exhaustible(operation: Operation) -> list[Policy]:
    """Return the policies that requests can exhaust before another one of the operation refuses."""
    return [
        policy
        for policy in operation.policies
        if policy.quota <= DEAREST and (policy.by == "body" or not refusing_before(operation, policy))
    ]


def refusing_before(operation: Operation, policy: Policy) -> list[Policy]:
    """Return the other policies of an operation that refuse before this one does, whatever the content."""
    others = [other for other in operation.policies if other.by != "body" and other is not policy]
    return [other for other in others if other.quota <= policy.quota]


def seconds_of_pauses(operation: Operation, policy: Policy) -> int | None:
    """
    Return how long pauses take that let each policy pass which would refuse before this one.

    None where they do not help: it is exhausted without, its own window ends meanwhile, or it takes too many requests.
    """
    others = refusing_before(operation, policy)
    pauses = sum(policy.quota // other.quota * (other.window + 1) for other in others)
    helps = policy.by != "body" and others and all(other.window < policy.window for other in others)
    return pauses if helps and pauses < policy.window and policy.quota <= DEAREST_WITH_PAUSES else None


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

    def unreached(self, *reached: str) -> str:
        """Return which policies were left out beside those that were reached otherwise, and why; empty where none was."""
        tried = {*reached, *(policy.name for policy in exhaustible(self.operation))}
        left = [policy.name for policy in self.operation.policies if policy.name not in tried]
        return f"not checked: {', '.join(left)}: others refuse before, or it takes too many requests" if left else ""

    def longer(self) -> list[Policy]:
        """Return the policies that are put to the test here, and at no other operation, with pauses in between."""
        places = self._longer()
        return [policy for policy in self.operation.policies if places.get(policy.name) is self.operation]

    def elsewhere_longer(self) -> str:
        """Return at which operations the longer windows are put to the test, and which nowhere."""
        places = self._longer()
        told = [f"{name} is put to the test at {there.id}" for name, there in places.items() if there != self.operation]
        return "; ".join([*told, *filter(None, [self.unreached(*places)])])

    def _longer(self) -> dict[str, Operation]:
        """Return the names of those policies that can be exhausted with pauses, each with the place where that is done."""
        if self.shelf.accounts.instance.clock is None:
            return {}
        found = {policy.name: self._place_with_pauses(policy) for policy in self.operation.policies}
        return {name: place for name, place in found.items() if place is not None}

    def _place_with_pauses(self, policy: Policy) -> Operation | None:
        """Return the operation where a policy is exhausted with the shortest pauses, and best without a token."""
        places = {}
        for each in self.shelf.document.operations:
            pauses = seconds_of_pauses(each, policy) if policy in each.policies and not each.auth_role else None
            # Whoever needs a token is another caller when it has ended.
            if pauses is not None and (not each.secured or pauses < self.shelf.accounts.a.expires_in):
                places[each] = (each.secured, pauses, bool(each.path_parameters))
        return min(places, key=lambda each: places[each], default=None)

    def send_with_pauses(self, spender: "Spender", policy: Policy, count: int) -> list[Exchange]:
        """
        Send so many requests, or up to the first that is refused, with pauses for what would refuse before a policy.

        NotChecked where these windows do not end with the pauses.
        """
        others, spent, answers = refusing_before(self.operation, policy), Counter[str](), list[Exchange]()
        while len(answers) < count and (not answers or answers[-1].status != 429):
            full = [other.window for other in others if spent[other.name] == other.quota]
            if full:
                self.let_pass(max(full) + 1)
                spent = Counter({other.name: spent[other.name] for other in others if other.window > max(full)})
            answers.append(spender.send())
            spent.update(other.name for other in others)
            if full and answers[-1].status == 429 and seconds_to_wait(answers[-1]) <= max(full):
                raise NotChecked("the target does not follow the clock that the suite moves")
        return answers

    def let_pass(self, seconds: int, *, really: int = 0) -> None:
        """Let time pass at the target: by its clock where it has one, the last `really` seconds by waiting."""
        instance = self.shelf.accounts.instance
        really = min(really, seconds) if instance.clock else seconds
        if really > self.shelf.client.patience:
            raise NotChecked("no clock")
        if seconds > really:
            self.shelf.accounts.advance(seconds - really)
        time.sleep(really)

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
