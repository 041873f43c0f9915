"""
Crates that everybody sees and parcels that nobody else does: a conformant service of cookies and cursors.

Who logs in gets a cookie and no word about its end. Lists of crates go on from a key, which is all that a cursor holds.
A crate counts how often it was opened, is dated by each read, shows no memo, and is gone (410) after its deletion. Kim keeps the depot:
nobody else deletes a crate. A parcel is in a crate only where its content says so. A seal belongs to the first who asks
for its code, in any spelling, and who asks again gets the same one.
"""

import json
import re
import secrets
import threading
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
SESSIONS = {"session-of-ada": "ada", "session-of-ben": "ben"}
KEEPER = "kim"
NUMBER = "([1-9][0-9]{0,8})"
ROUTES = {
    "/people": {"POST": "sign_up"},
    "/session": {"POST": "log_in"},
    "/crates": {"GET": "list_crates", "POST": "make_crate"},
    f"/crates/{NUMBER}": {"GET": "get_crate", "PUT": "put_crate", "DELETE": "delete_crate"},
    f"/crates/{NUMBER}/parcels": {"GET": "list_parcels"},
    "/parcels": {"POST": "make_parcel"},
    f"/parcels/{NUMBER}": {"GET": "get_parcel", "PATCH": "patch_parcel"},
    "/seals": {"POST": "claim_seal"},
}
OPEN = ("sign_up", "log_in")
# The members of the content of each operation that takes some, and whether they are needed.
CONTENTS: dict[str, dict[str, tuple[type, bool]]] = {
    "sign_up": {"name": (str, True), "word": (str, True)},
    "log_in": {"name": (str, True), "word": (str, True)},
    "make_crate": {"label": (str, True), "memo": (str, False)},
    "put_crate": {"label": (str, True), "memo": (str, False)},
    "make_parcel": {"note": (str, True), "crate": (int, False)},
    "patch_parcel": {"note": (str, False)},
    "claim_seal": {"code": (str, True)},
}


class Refusal(Exception):
    """A request that is not done: its status and a word."""

    def __init__(self, status: int, word: str, headers: JSON | None = None) -> None:
        self.answer: Answer = (status, headers or {}, {"error": {"word": word}})
        super().__init__(word)


class Depot:
    """The whole service; `defect` is what it does wrong, an empty text where it is honest."""

    def __init__(self, defect: str = "") -> None:
        self.defect = defect
        self.words = {KEEPER: "the word of kim"}
        self.sessions = dict(SESSIONS)
        self.crates: dict[int, JSON] = {}
        self.gone: set[int] = set()
        self.parcels: dict[int, JSON] = {}
        self.seals: dict[str, JSON] = {}
        self.lock = threading.Lock()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
        with self.lock:
            try:
                return self.done(method.replace("HEAD", "GET"), path, query, headers, body)
            except Refusal as refusal:
                return refusal.answer

    def done(self, method: str, path: str, query: dict[str, list[str]], headers: JSON, body: bytes) -> Answer:
        found = next((match for each in ROUTES if (match := re.fullmatch(each, path))), None)
        if found is None:
            raise Refusal(404, "nothing is here")
        methods = ROUTES[found.re.pattern]
        if method not in methods:
            raise Refusal(405, "not this way", {"Allow": ", ".join(methods)})
        name = methods[method]
        person = self.person(headers)
        if person is None and name not in OPEN:
            raise Refusal(401, "who are you?")
        arguments: list[Any] = [] if name in OPEN else [person]
        arguments += [int(text) for text in found.groups()]
        arguments += [content_of(name, headers, body)] if name in CONTENTS else []
        arguments += [query] if name.startswith("list_") else []
        done: Answer = getattr(self, name)(*arguments)
        return done

    def person(self, headers: JSON) -> str | None:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return None
        return self.sessions.get(cookies["depot"].value) if "depot" in cookies else None

    def sign_up(self, content: JSON) -> Answer:
        if content["name"] in self.words:
            raise Refusal(409, "that name is taken")
        self.words[content["name"]] = content["word"]
        return 201, {}, {"name": content["name"]}

    def log_in(self, content: JSON) -> Answer:
        if self.words.get(content["name"]) != content["word"]:
            raise Refusal(401, "not known")
        session = secrets.token_hex(12)
        self.sessions[session] = content["name"]
        return 204, {"Set-Cookie": f"depot={session}; Path=/; HttpOnly"}, None

    # Crates.

    def shown(self, number: int) -> JSON:
        return {**self.crates[number], "read_at": datetime.now(UTC).isoformat()}

    def there(self, number: int) -> JSON:
        if number in self.gone and self.defect != "shows the deleted":
            raise Refusal(410, "it is gone")
        if number not in self.crates:
            raise Refusal(404, "no such crate")
        return self.crates[number]

    def list_crates(self, person: str, query: dict[str, list[str]]) -> Answer:
        size, after = number_in(query, "limit", 10, 50), number_in(query, "after", 0, 10**9)
        following = [number for number in sorted(self.crates) if number > after and number not in self.gone]
        page = [self.shown(number) for number in following[:size]]
        return 200, {}, {"entries": page, "next": page[-1]["id"] if len(following) > size else None}

    def make_crate(self, person: str, content: JSON) -> Answer:
        number = len(self.crates) + 1
        self.crates[number] = {"id": number, "owner": person, "is_public": True, "opened": 0}
        return 201, {"Location": f"/crates/{number}"}, self.changed(number, content)

    def changed(self, number: int, content: JSON) -> JSON:
        crate, label = self.crates[number], content["label"]
        crate |= {"label": label, "length": len(label)}
        if self.defect == "takes every member":
            crate |= {name: content[name] for name in crate if name in content}
        return self.shown(number)

    def get_crate(self, person: str, number: int) -> Answer:
        crate = self.there(number)
        crate["opened"] += 1
        if self.defect == "changes labels on reads":
            crate["label"] += "."
        return 200, {}, self.shown(number)

    def put_crate(self, person: str, number: int, content: JSON) -> Answer:
        crate = self.there(number)
        if crate["owner"] != person and self.defect != "anybody writes":
            raise Refusal(403, "it is not yours")
        return 200, {}, self.changed(number, content)

    def delete_crate(self, person: str, number: int) -> Answer:
        self.there(number)
        if person != KEEPER and self.defect != "anybody deletes":
            raise Refusal(403, "the keeper does that")
        self.gone.add(number)
        return 204, {}, None

    # Parcels and seals.

    def list_parcels(self, person: str, number: int, query: dict[str, list[str]]) -> Answer:
        self.there(number)
        page, size = number_in(query, "page", 1, 10**6), number_in(query, "limit", 10, 50)
        inside = [parcel for parcel in self.parcels.values() if parcel["crate"] == number]
        return 200, {}, {"entries": inside[(page - 1) * size : page * size], "count": len(inside)}

    def make_parcel(self, person: str, content: JSON) -> Answer:
        number = len(self.parcels) + 1
        crate = content.get("crate")
        if crate is not None and crate not in self.crates:
            raise Refusal(404, "no such crate")
        self.parcels[number] = {"id": number, "owner": person, "crate": crate, "note": content["note"], "reads": 0}
        return 201, {"Location": f"/parcels/{number}"}, dict(self.parcels[number])

    def get_parcel(self, person: str, number: int) -> Answer:
        parcel = self.parcels.get(number)
        if parcel is None or (parcel["owner"] != person and self.defect != "anybody reads"):
            raise Refusal(404, "no such parcel")
        parcel["reads"] += 1
        return 200, {}, dict(parcel)

    def patch_parcel(self, person: str, number: int, content: JSON) -> Answer:
        self.get_parcel(person, number)
        if self.defect != "forgets notes":
            self.parcels[number]["note"] = content.get("note", self.parcels[number]["note"])
        return 200, {}, dict(self.parcels[number])

    def claim_seal(self, person: str, content: JSON) -> Answer:
        code = content["code"]
        seal = self.seals.setdefault(code.lower(), {"number": len(self.seals) + 1, "code": code, "owner": person})
        if seal["owner"] != person and self.defect != "two hold a seal":
            raise Refusal(409, "it is taken")
        return 201, {}, seal


def number_in(query: dict[str, list[str]], name: str, usual: int, most: int) -> int:
    [text, *others] = query.get(name, [str(usual)])
    if others or not re.fullmatch("0|[1-9][0-9]{0,9}", text) or int(text) > most or (int(text) == 0 and usual):
        raise Refusal(400, f"{name} is no such number")
    return int(text)


def content_of(name: str, headers: JSON, body: bytes) -> JSON:
    """Return the content that an operation takes, with members that it does not know; what is wrong with it is refused."""
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refusal(415, "send JSON")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "that is no JSON") from None
    if not isinstance(content, dict):
        raise Refusal(422, "send an object")
    for member, (kind, is_needed) in CONTENTS[name].items():
        if member in content and not is_of(kind, content[member]):
            raise Refusal(422, f"{member} is wrong")
        if is_needed and member not in content:
            raise Refusal(422, f"{member} is missing")
    return content


def is_of(kind: type, value: Any) -> bool:
    if kind is int:
        return type(value) is int and 0 < value < 10**9
    return isinstance(value, str) and re.fullmatch(r"[^\x00\ud800-\udfff]{1,200}", value) is not None


# How the settings give ada and ben their cookies, where the document does not say how one logs in.
ACCOUNTS_PLAIN = """
[accounts.a]
cookie = "depot=session-of-ada"
[accounts.b]
cookie = "depot=session-of-ben"
"""
# How they make Kim the admin, where it does.
ACCOUNTS = """
[accounts.admin]
username = "kim"
password = "the word of kim"
"""
