"""Identities: signed up and logged in through the operations that the document gives these roles."""

import json
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from .client import Client
from .config import Config, SetUpError, secret
from .document import BEARER, Document
from .exchange import Exchange
from .instance import Instance, filled
from .operation import Operation, has_role
from .pointer import look_up, put
from .rule import NotChecked
from .samples import Samples
from .script import Script


@dataclass(frozen=True)
class Account:
    """
    Somebody who is signed in, or who has no token, where nobody needs one.

    `address` is where their requests come from, `made` how they signed up, `came_by` what gave them their tokens;
    `refresh` is empty where no refresh token came.
    """

    name: str
    address: str
    identifier: str
    secret: str
    token: str
    came_by: Exchange | None = None
    expires_in: int = 3600
    made: Exchange | None = None
    refresh: str = ""
    carrier: tuple[str, str] = BEARER

    def headers(self) -> dict[str, str]:
        return {self.carrier[0]: self.carrier[1].format(self.token)} if self.token else {}

    @property
    def entered(self) -> Exchange:
        """The answer that gave them their tokens; NotChecked where contract.toml did."""
        if self.came_by is None:
            raise NotChecked("the token was given in contract.toml: nobody logged in")
        return self.came_by


class Accounts:
    """The people of one instance: A and B are peers, the admin may be missing."""

    def __init__(
        self, document: Document, client: Client, samples: Samples, script: Script, config: Config, instance: Instance
    ) -> None:
        self.document = document
        self.client = client
        self.samples = samples
        self.script = script
        self.config = config
        self.instance = instance
        # A server that outlives the run has seen the addresses of the runs before.
        self.made = 0 if instance.process else int(time.time()) % 60000
        self.minted: dict[str, str] = {}  # what the mint hook signed, by name: a process start for each would be dear

    @property
    def are_needed(self) -> bool:
        """Whether the document asks anybody for credentials."""
        return any(operation.secured or operation.auth_role for operation in self.document.operations)

    @cached_property
    def a(self) -> Account:
        return self.given("a") or self.make("A")

    @cached_property
    def b(self) -> Account:
        return self.given("b") or self.make("B")

    @cached_property
    def admin(self) -> Account | None:
        """The admin that contract.toml tells of, logged in; None where it tells of none."""
        told = self.config.admin
        if not told:
            return self.given("admin")
        if "command" not in told:
            return self.log_in("ADMIN", self.fresh_address(), secret(told["identifier"]), secret(told["secret"]))
        if self.instance.admin is None:
            self.instance.admin = self._new_admin(told["command"])
        return self.log_in("ADMIN", self.fresh_address(), *self.instance.admin)

    def _new_admin(self, command: str) -> tuple[str, str]:
        identifier, password = f"admin{self.samples.unique()}@example.com", secrets.token_hex(12)
        self._run("admin command", command, {"identifier": identifier, "secret": password})
        return identifier, password

    def mint(self, wanted: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return what the mint hook signs, which the caller has seen to be there: a token for each header and claims."""
        lines = [json.dumps(each) for each in wanted]
        tokens = self._run("mint hook", self.config.hooks["mint"], {}, "\n".join(lines)).split()
        if len(tokens) != len(lines):
            raise SetUpError(f"the mint hook of contract.toml printed {len(tokens)} tokens for {len(lines)} lines")
        return tokens

    def _run(self, name: str, command: str, places: Mapping[str, str], lines: str = "") -> str:
        """Run a command of contract.toml beside the instance, and return what it printed."""
        at = {"work": str(self.instance.work), "document": str(self.instance.document), "python": sys.executable}
        words, around = [filled(word, {**at, **places}) for word in shlex.split(command)], self.instance.environment
        done = subprocess.run(words, env=around or None, input=lines, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] or [str(done.returncode)]
            raise SetUpError(f"the {name} of contract.toml failed: {said[0]}")
        return done.stdout

    def given(self, name: str) -> Account | None:
        """Return the account whose token contract.toml tells, None where it tells none."""
        if name not in self.config.accounts:
            return None
        token, variable = secret(self.config.accounts[name]), f"TOKEN_{name.upper()}"
        self.script.define(variable, token, f"${{{variable}:?set it to the token of {name}}}")
        return Account(name.upper(), self.fresh_address(), "", "", token, carrier=self.document.carrier)

    def throw_away(self) -> Account:
        """Make an account that nobody else uses, at an address of its own; NotChecked where only tokens were given."""
        return self.make(f"X{self.made}")

    @cached_property
    def expired(self) -> str:
        """A token that was good until the clock, which the instance must have, moved beyond its end."""
        account = self.throw_away()
        self.advance(account.expires_in + 1)
        return account.token

    def advance(self, seconds: float) -> None:
        """Move the clock, which the instance must have; tokens may have ended: who asks for people gets them anew."""
        self.instance.advance(seconds)
        self.forget()

    def forget(self) -> None:
        for name in ("a", "b", "admin"):
            vars(self).pop(name, None)

    def make(self, name: str) -> Account:
        """Sign up and log in, where that is needed; raise SetUpError where the target does not let the suite."""
        if not self.are_needed:
            return Account(name, self.fresh_address(), "", "", "")
        operation = self.operation("register")
        role = operation.auth_role or {}
        address, password, body = self.fresh_address(), secrets.token_urlsafe(18), self.samples.body(operation)
        self.script.define(
            f"PASSWORD_{name}", password, "$(python3 -c 'import secrets; print(secrets.token_urlsafe(18))')"
        )
        put(body, role["secret"], password)
        answer = self.client.call(operation, body=body, address=address)
        if not 200 <= answer.status < 300:
            raise SetUpError(f"no user can be made: {told(answer)}: mend {operation.id} or its example")
        return self.log_in(name, address, str(look_up(body, role["identifier"])), password, answer)

    def log_in(self, name: str, address: str, identifier: str, password: str, *before: Exchange) -> Account:
        """Log in and return who that is; `before` is what a script has to send first."""
        if name == "ADMIN":
            self.script.define("ADMIN", identifier, "${ADMIN:?set it to the identifier of an admin}")
            self.script.define("PASSWORD_ADMIN", password, "${PASSWORD_ADMIN:?set it to the secret of that admin}")
        operation, answer = self.operation("log-in"), self.attempt(identifier, password, address)
        made, carrier = next(iter(before), None), self.document.carrier
        account = Account(name, address, identifier, password, "", answer, made=made, carrier=carrier)
        account = self._holding(account, operation, *before, answer)
        if not account.token:
            raise SetUpError(f"user {name} cannot log in: {told(answer)}: mend {operation.id} or the credentials")
        return account

    def attempt(self, identifier: str, password: str, address: str = "") -> Exchange:
        """Try to log in."""
        operation = self.operation("log-in")
        body, role = self.samples.body(operation), operation.auth_role or {}
        put(body, role["identifier"], identifier)
        put(body, role["secret"], password)
        return self.client.call(operation, body=body, address=address or self.fresh_address())

    def renew(self, account: Account) -> Account:
        """Spend a refresh token; return the account with what was `entered` for it, without token where it was refused."""
        return self.renewed(account, self.rotation(account)())

    def rotation(self, account: Account) -> Callable[[], Exchange]:
        """Return what spends a refresh token, with all that it needs made before."""
        operation = self.operation("refresh")
        body = self.samples.body(operation)
        put(body, (operation.auth_role or {})["refresh"], account.refresh)
        return partial(self.client.call, operation, body=body, address=self.fresh_address())

    def renewed(self, account: Account, answer: Exchange) -> Account:
        """Return an account with the tokens of an answer to its refresh token."""
        return self._holding(replace(account, name=f"{account.name}_NEXT"), self.operation("refresh"), answer)

    def _holding(self, account: Account, operation: Operation, *steps: Exchange) -> Account:
        """Return an account with the tokens that the last of these answers hands out."""
        role, answer, given = operation.auth_role or {}, steps[-1], {"access": "", "refresh": ""}
        for key, name in (("access", "TOKEN"), ("refresh", "REFRESH")):
            if key in role and answer.status < 300 and (token := look_up(answer.json(), role[key])):
                given[key] = str(token)
                self.script.take(f"{name}_{account.name}", given[key], role[key], *steps)
        lasts = look_up(answer.json(), role.get("expires-in", "/expires_in"))
        lasts = lasts if isinstance(lasts, int) else 3600
        return replace(account, token=given["access"], refresh=given["refresh"], expires_in=lasts, came_by=answer)

    def knock(self, headers: Mapping[str, str]) -> Exchange:
        """Send a credential to an operation that asks for one and changes nothing; 401 says that it opens nothing."""
        asks = [o for o in self.document.operations if o.secured and o.method == "GET" and not o.path_parameters]
        if not asks:
            raise NotChecked("nothing shows whether a token is good: no operation reads without path parameters")
        query, address = self.samples.query(asks[0]), self.fresh_address()
        return self.client.call(asks[0], query=query, headers=headers, address=address)

    def opened_by(self, account: Account) -> Iterator[Exchange]:
        """Try the tokens of an account, and yield each answer that does not refuse."""
        if account.token and (answer := self.knock(account.headers())).status != 401:
            yield answer
        renews = account.refresh and any(map(has_role("refresh"), self.document.operations))
        if renews and (renewed := self.renew(account)).token:
            yield renewed.entered

    def operation(self, role: str) -> Operation:
        found = next(filter(has_role(role), self.document.operations), None)
        if found is None:
            raise (NotChecked if self.config.accounts else SetUpError)(
                f"{self.document.path}: no operation has x-auth-role {{role: {role}}}: mark it, or give [accounts]"
            )
        return found

    def fresh_address(self) -> str:
        """Return a loopback address that nobody has sent from."""
        self.made = (self.made + 1) % 60000
        return f"127.77.{self.made // 250}.{self.made % 250 + 1}"


def succeeded(answer: Exchange, otherwise: str) -> Exchange:
    """Return an answer without which nothing can be checked; NotChecked where it is no success."""
    if not 200 <= answer.status < 300:
        raise NotChecked(f"{otherwise}: {told(answer)}")
    return answer


def told(answer: Exchange) -> str:
    """Return what an answer said, in a few words."""
    body = answer.json()
    detail = body.get("detail") if isinstance(body, dict) else None
    return f"{answer.summary()}{f' ({str(detail)[:120]})' if detail else ''}"
