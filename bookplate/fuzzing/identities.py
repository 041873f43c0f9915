"""Who sends the generated requests."""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

FILE = "identities.json"
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class User(Protocol):
    @property
    def token(self) -> str: ...
    def headers(self) -> dict[str, str]: ...


def write_identities(users: Mapping[str, User], work_dir: Path) -> Path:
    """Write the accounts as a Web Fuzzing Commons file, the form in which schemathesis reads identities."""
    path = work_dir / FILE
    entries = [
        {"name": name, "fixedHeaders": [{"name": key, "value": value} for key, value in user.headers().items()]}
        for name, user in users.items()
    ]
    path.touch(mode=0o600)
    path.write_text(json.dumps({"auth": entries}), encoding="utf-8")
    return path


def forget_identities(work_dir: Path) -> None:
    """Delete the file: it holds tokens, and the directory may outlive the run."""
    (work_dir / FILE).unlink(missing_ok=True)


class LiveToken(AuthBase):
    """
    Signs requests with an account that is replaced once a request may have used it up.

    It signs when a request is sent, not when a case is generated: a phase generates all its cases
    before the first of them ends the session. A refused token is replaced only if it ever worked,
    so a target that refuses everybody costs one account. Where no account can be had, requests are sent without one.
    """

    def __init__(self, disposable: Callable[[], User | None], names: dict[str, str]) -> None:
        self.disposable = disposable
        self.names = names
        self.user: User | None = None
        self.worked = False
        self.has_given_up = False

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.user is None and not self.has_given_up:
            self.user = self.disposable()
            self.has_given_up = self.user is None
            self.worked = False
        if self.user is None:
            return request
        self.names.setdefault(self.user.token, "$TOKEN")
        request.headers.update(self.user.headers())
        request.register_hook("response", self.note)
        return request

    def note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        signed = self.user.headers().items() if self.user else ()
        if not signed or any(response.request.headers.get(name) != value for name, value in signed):
            return
        accepted = 200 <= response.status_code < 300
        changed = accepted and response.request.method not in SAFE
        if changed or (response.status_code == 401 and self.worked):
            self.user = None
        self.worked = self.worked or accepted


class CarefulToken(LiveToken):
    """Signs as an admin, and turns aside what would harm people: a write to one of them is done to a stand-in."""

    def __init__(
        self, admin: User, people: Collection[User], stand_in: User, own_account: str, names: dict[str, str]
    ) -> None:
        super().__init__(lambda: admin, names)
        self.aside: dict[str, str] = {}
        theirs = [facts(own_account, user) for user in people]
        for name, value in facts(own_account, stand_in).items():
            known = [each.get(name, value) for each in theirs]
            if len({value, *known}) == len(known) + 1:  # it tells people apart
                self.aside |= dict.fromkeys(known, value)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        address = urlsplit(str(request.url))
        if request.method not in SAFE:
            path = "/".join(self.aside.get(segment, segment) for segment in address.path.split("/"))
            request.url = urlunsplit(address._replace(path=path))
        return super().__call__(request)


def facts(url: str, user: User) -> dict[str, str]:
    """Return what an account says of itself in words and numbers."""
    try:
        answer = requests.get(url, headers=user.headers(), timeout=10)
        body = answer.json() if answer.ok else {}
    except requests.RequestException:
        return {}
    return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}
