"""A club: people join, log in, write letters and resign. What is honest in it, and what is not, a test chooses."""

import json
import unicodedata
from http.cookies import SimpleCookie
from typing import Any

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
SHORTEST, LONGEST = 8, 24
LOCKED_AFTER = 3
# Members of an account that nobody but the club itself sets.
OWN = ("id", "role", "balance")


class Refusal(Exception):
    def __init__(self, status: int, problem: str) -> None:
        self.status, self.problem = status, problem


class Club:
    """
    A service in this process. `ways` are habits that no standard forbids, and defects, each by a few words.

    A name, and the motto of a badge, belong to one member alone.
    """

    def __init__(self, *ways: str) -> None:
        self.ways = set(ways)
        self.members: dict[str, JSON] = {}
        self.gone: set[str] = set()
        self.tokens: dict[str, str] = {}
        self.letters: dict[int, JSON] = {}
        self.failures: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        self.count = 0

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        path = target.removeprefix("/club").partition("?")[0]
        self.asked.append((method, path))
        try:
            return self.routed(method, path, headers, body)
        except Refusal as refusal:
            return refusal.status, {}, {"problem": refusal.problem}

    def routed(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) == ("POST", "/members"):
            return self.join(inner(body, "member"))
        if (method, path) == ("POST", "/sessions"):
            return self.enter(inner(body, "member"))
        name = self.caller(headers)
        if path == "/me":
            return self.about_account(method, name, body)
        if (method, path) == ("DELETE", "/sessions/current"):
            return self.leave(name, headers)
        return self.about_letters(method, path, name, body)

    def about_account(self, method: str, name: str, body: bytes) -> Answer:
        if method == "DELETE":
            return self.resign(name)
        if method == "PATCH":
            self.change(name, inner(body, "member"))
        return 200, {}, {"member": self.shown(name)}

    # Names.

    def at_log_in(self, name: str) -> str:
        """Return what a name is kept under, as log-in sees it."""
        return folded(name) if self.ways & {"one name in any spelling", "log-in folds names"} else name

    def at_sign_up(self, name: str) -> str:
        return folded(name) if "one name in any spelling" in self.ways else name

    # Joining and entering.

    def join(self, fields: JSON) -> Answer:
        name, password = text(fields, "name", 3), text(fields, "password", SHORTEST)
        motto = text(fields.get("badge", {}).get("line", {}), "motto", 3)
        if "no long passwords" in self.ways and len(password) > LONGEST:
            raise Refusal(422, "the password is too long")
        known = self.at_sign_up(name)
        mottos = [each["motto"] for each in self.members.values()]
        if known in self.members or known in self.gone or motto in mottos:
            if "tells nothing" in self.ways:
                return 201, {}, {"member": {"id": 0, "name": name, "motto": motto}}
            raise Refusal(409, "somebody has that")
        self.count += 1
        own = {name: fields[name] for name in self.taken_too if name in fields}
        if "keeps whatever it is sent" in self.ways:
            own = {key: value for key, value in fields.items() if key not in (*OWN, "badge", "motto", "about")}
        if "refuses what it does not know" in self.ways and fields.keys() - {"name", "password", "badge", "balance"}:
            raise Refusal(422, "there is a member that nobody knows")
        member = {"id": self.count, "name": name, "motto": motto, "role": "guest", "balance": 0, **own}
        self.members[known] = {**member, "password": self.kept(password)}
        return 201, {}, {"member": self.shown(known, hidden=("role", "balance"))}

    def kept(self, password: str) -> str:
        password = password[:10] if "a cut password" in self.ways else password
        password = password.lower() if "a password in any case" in self.ways else password
        return password.strip() if "a trimmed password" in self.ways else password

    def is_right(self, known: str, password: str) -> bool:
        if "the start of a password" in self.ways and known.startswith(password):
            return True
        if "a longer password" in self.ways and password.startswith(known):
            return True
        return self.kept(password) == known

    def enter(self, fields: JSON) -> Answer:
        if "busy" in self.ways:
            return 429, {"Retry-After": "90"}, {"problem": "come later"}
        name, password = self.at_log_in(text(fields, "name", 1)), text(fields, "password", 1)
        member = self.members.get(name)
        if self.failures.get(name, 0) >= LOCKED_AFTER and "locks" in self.ways:
            raise Refusal(401, "the account is locked")
        if member is None or not self.is_right(member["password"], password):
            self.failures[name] = self.failures.get(name, 0) + 1
            raise Refusal(401, "the name or the password is wrong")
        self.failures[name] = 0
        token = f"token-{len(self.tokens) + 1}-of-{member['id']}"
        self.tokens[token] = name
        if "cookies" in self.ways:
            return 200, {"Set-Cookie": f"club={token}; Path=/; HttpOnly"}, {"session": {"member": member["name"]}}
        return 200, {}, {"session": {"member": member["name"], "token": token}}

    def token(self, headers: dict[str, str]) -> str:
        cookies = SimpleCookie(headers.get("cookie", ""))
        if "cookies" in self.ways:
            return cookies["club"].value if "club" in cookies else ""
        word, _, token = headers.get("authorization", "").partition(" ")
        return token if word == "Token" else ""

    def caller(self, headers: dict[str, str]) -> str:
        name = self.tokens.get(self.token(headers))
        if name is None or name not in self.members:
            raise Refusal(401, "log in first")
        return name

    def leave(self, name: str, headers: dict[str, str]) -> Answer:
        if "log-out does nothing" not in self.ways:
            del self.tokens[self.token(headers)]
        return 204, {}, None

    # Accounts.

    @property
    def taken_too(self) -> tuple[str, ...]:
        """Members of its own that it takes from content, though it should not."""
        if "takes every member" in self.ways:
            return OWN
        if "refuses what it does not know" in self.ways:
            return ("balance",)
        return ("role",) if "role from content" in self.ways else ()

    def shown(self, name: str, hidden: tuple[str, ...] = ()) -> JSON:
        left_out = ("password", *hidden)
        return {key: value for key, value in self.members[name].items() if key not in left_out}

    def change(self, name: str, fields: JSON) -> None:
        self.members[name].update({key: fields[key] for key in ("about", *self.taken_too) if key in fields})

    def resign(self, name: str) -> Answer:
        del self.members[name]
        if "old tokens act" not in self.ways:
            self.tokens = {token: whose for token, whose in self.tokens.items() if whose != name}
        if "letters stay" not in self.ways:
            self.letters = {number: each for number, each in self.letters.items() if each["writer"] != name}
        if "keeps names" in self.ways:
            self.gone.add(name)
        return 204, {}, None

    # Letters.

    def about_letters(self, method: str, path: str, name: str, body: bytes) -> Answer:
        if (method, path) == ("POST", "/letters"):
            self.count += 1
            letter = {"id": self.count, "text": text(inner(body, "letter"), "text", 1), "writer": name}
            self.letters[self.count] = letter
            return 201, {}, {"letter": letter}
        number = path.removeprefix("/letters/")
        found = self.letters.get(int(number)) if number.isdecimal() else None
        if found is None or ("all read letters" not in self.ways and found["writer"] != name):
            raise Refusal(404, "there is no such letter")
        return 200, {}, {"letter": found}


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().lower()


def inner(body: bytes, wrapper: str) -> JSON:
    """Return what the wrapper of the content holds."""
    try:
        value = json.loads(body)
    except ValueError:
        raise Refusal(422, "that is no JSON") from None
    found = value.get(wrapper) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise Refusal(422, f"{wrapper} is missing")
    return found


def text(fields: JSON, name: str, least: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) < least:
        raise Refusal(422, f"{name} is a text of {least} characters or more")
    return value
