"""Identities: signed up and logged in through the operations that the document gives these roles."""

import secrets
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property

from .client import Client
from .config import Config, SetUpError, secret
from .document import Document
from .exchange import Exchange
from .instance import Instance, filled
from .operation import Operation, has_role
from .pointer import look_up, put
from .samples import Samples
from .script import Script


@dataclass(frozen=True)
class Account:
    """Somebody who is signed in; `address` is where their requests come from, `made` how they signed up."""

    name: str
    address: str
    identifier: str
    secret: str
    token: str
    expires_in: int = 3600
    made: Exchange | None = None

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


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

    @cached_property
    def a(self) -> Account:
        return self.make("A")

    @cached_property
    def b(self) -> Account:
        return self.make("B")

    @cached_property
    def admin(self) -> Account | None:
        """The admin that contract.toml tells of, logged in; None where it tells of none."""
        told = self.config.admin
        if not told:
            return None
        if "command" not in told:
            return self.log_in("ADMIN", self.fresh_address(), secret(told["identifier"]), secret(told["secret"]))
        if self.instance.admin is None:
            self.instance.admin = self._new_admin(told["command"])
        return self.log_in("ADMIN", self.fresh_address(), *self.instance.admin)

    def _new_admin(self, command: str) -> tuple[str, str]:
        identifier, password = f"admin{self.samples.unique()}@example.com", secrets.token_urlsafe(18)
        places = {
            "identifier": identifier,
            "secret": password,
            "work": str(self.instance.work),
            "document": str(self.instance.document),
            "python": sys.executable,
        }
        words = [filled(word, places) for word in shlex.split(command)]
        done = subprocess.run(words, env=self.instance.environment or None, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] or [str(done.returncode)]
            raise SetUpError(f"the admin command of contract.toml failed: {said[0]}")
        return identifier, password

    def throw_away(self) -> Account:
        """Make an account that nobody else uses, at an address of its own."""
        return self.make(f"X{self.made}")

    @cached_property
    def expired(self) -> str:
        """A token that was good until the clock, which the instance must have, moved beyond its end."""
        account = self.throw_away()
        self.instance.advance(account.expires_in + 1)
        return account.token

    def make(self, name: str) -> Account:
        """Sign up and log in; raise SetUpError where the target does not let the suite."""
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
        operation = self.operation("log-in")
        role = operation.auth_role or {}
        body = self.samples.body(operation)
        put(body, role["identifier"], identifier)
        put(body, role["secret"], password)
        if name == "ADMIN":
            self.script.define("PASSWORD_ADMIN", password, "${PASSWORD_ADMIN:?set it to the secret of the admin}")
        answer = self.client.call(operation, body=body, address=address)
        token = look_up(answer.json(), role["access"])
        if not (200 <= answer.status < 300 and isinstance(token, str) and token):
            raise SetUpError(f"user {name} cannot log in: {told(answer)}: mend {operation.id} or the credentials")
        self.script.take(f"TOKEN_{name}", token, role["access"], *before, answer)
        lifetime = look_up(answer.json(), role.get("expires-in", "/expires_in"))
        lasts = lifetime if isinstance(lifetime, int) else 3600
        return Account(name, address, identifier, password, token, lasts, next(iter(before), None))

    def operation(self, role: str) -> Operation:
        found = next(filter(has_role(role), self.document.operations), None)
        if found is None:
            raise SetUpError(
                f"{self.document.path}: no operation has x-auth-role {{role: {role}}}: mark the one that does it"
            )
        return found

    def fresh_address(self) -> str:
        """Return a loopback address that nobody has sent from."""
        self.made = (self.made + 1) % 60000
        return f"127.77.{self.made // 250}.{self.made % 250 + 1}"


def told(answer: Exchange) -> str:
    """Return what an answer said, in a few words."""
    body = answer.json()
    detail = body.get("detail") if isinstance(body, dict) else None
    return f"{answer.summary()}{f' ({str(detail)[:120]})' if detail else ''}"
