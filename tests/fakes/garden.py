"""
Plants that everybody may tend: a conformant service whose members move by themselves.

Each plant stands in an object of its own, also in what is sent. It is named by a slug, made with a 200, and shared by
all who are signed in. A read counts itself and ends `is_new`. The `pin` is written and never shown, `initial` is derived.
Content is looked at before credentials are. A deletion answers 200 and leaves the plant in view, with `deleted: true`.
The GET beside the PUT of labels answers a list. Waterings are reached below their own plant alone.
"""

import json
import re
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
TOKENS = {"a token of ada": "ada", "a token of ben": "ben", "a token of kim": "kim"}
# Kim tends the garden: what others call an admin.
KEEPER = "kim"
ROUTES = {
    "/plants": {"GET": "list_plants", "POST": "make_plant"},
    "/plants/([a-z0-9-]{1,80})": {
        "GET": "get_plant",
        "PUT": "put_plant",
        "PATCH": "patch_plant",
        "DELETE": "delete_plant",
    },
    "/plants/([a-z0-9-]{1,80})/labels": {"GET": "get_labels", "PUT": "put_labels"},
    "/plants/([a-z0-9-]{1,80})/waterings": {"GET": "list_waterings", "POST": "water"},
    "/plants/([a-z0-9-]{1,80})/waterings/([1-9][0-9]{0,8})": {"GET": "get_watering", "DELETE": "forget_watering"},
    "/sweepings": {"POST": "sweep"},
}


class Refusal(Exception):
    """A request that is not done: its status and a word."""

    def __init__(self, status: int, word: str, headers: JSON | None = None) -> None:
        self.answer: Answer = (status, headers or {}, {"message": word})
        super().__init__(word)


class Garden:
    """The whole service; `defect` is what it does wrong, an empty text where it is honest."""

    def __init__(self, defect: str = "") -> None:
        self.defect = defect
        self.plants: dict[str, JSON] = {}
        self.pins: dict[str, str] = {}
        self.labels: dict[str, list[str]] = {}
        self.waterings: dict[int, JSON] = {}
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
        content = content_of(name, headers, body)
        person = person_in(headers)
        if name == "sweep" and person != KEEPER and self.defect != "anybody sweeps":
            raise Refusal(403, "the keeper does that")
        if name == "list_plants":
            return self.list_plants(query)
        arguments = [*found.groups(), *([content] if content is not None else [])]
        done: Answer = getattr(self, name)(*arguments)
        return done

    # Plants.

    def list_plants(self, query: dict[str, list[str]]) -> Answer:
        page, size = number_in(query, "page", 1, 10**6), number_in(query, "per_page", 10, 50)
        in_order = sorted(self.plants.values(), key=lambda plant: str(plant["slug"]))
        named = [plant for plant in in_order if query.get("name", [plant["name"]])[0] == plant["name"]]
        shown = [{**plant, "last_seen": now()} for plant in named[(page - 1) * size : page * size]]
        return 200, {}, {"plants": shown, "count": len(named)}

    def make_plant(self, content: JSON) -> Answer:
        slug = slug_of(content["name"], self.plants)
        self.plants[slug] = {"slug": slug, "views": 0, "is_new": True, "deleted": False}
        self.labels[slug] = []
        return self.shown(slug, content)

    def shown(self, slug: str, changes: JSON) -> Answer:
        """Take changes into a plant and show it."""
        plant = self.plants[slug]
        self.pins[slug] = changes.get("pin", self.pins.get(slug, ""))
        plant |= {name: changes[name] for name in ("name", "height") if name in changes}
        plant["initial"] = plant["name"][0]
        plant.setdefault("height", 1)
        return 200, {}, {"plant": {**plant, "last_seen": now()}}

    def there(self, slug: str) -> JSON:
        if slug not in self.plants:
            raise Refusal(404, "no such plant")
        return self.plants[slug]

    def alive(self, slug: str) -> JSON:
        plant = self.there(slug)
        if plant["deleted"]:
            raise Refusal(409, "it is gone")
        return plant

    def get_plant(self, slug: str) -> Answer:
        plant = self.there(slug)
        answer = {"plant": {**plant, "last_seen": now()}}
        plant["views"] += 1
        plant["is_new"] = False
        return 200, {}, answer

    def put_plant(self, slug: str, content: JSON) -> Answer:
        self.alive(slug)
        return self.shown(slug, {"height": 1, **content})

    def patch_plant(self, slug: str, content: JSON) -> Answer:
        self.alive(slug)
        return self.shown(slug, content)

    def delete_plant(self, slug: str) -> Answer:
        plant = self.there(slug)
        plant["deleted"] = self.defect != "keeps the deleted"
        return 200, {}, {"plant": {**plant, "last_seen": now()}}

    # What belongs to a plant.

    def get_labels(self, slug: str) -> Answer:
        self.there(slug)
        return 200, {}, self.labels[slug]

    def put_labels(self, slug: str, content: list[str]) -> Answer:
        self.alive(slug)
        self.labels[slug] = content
        return 200, {}, content

    def list_waterings(self, slug: str) -> Answer:
        self.there(slug)
        return 200, {}, [each for each in self.waterings.values() if each["plant"] == slug]

    def water(self, slug: str, content: JSON) -> Answer:
        self.alive(slug)
        number = len(self.waterings) + 1
        self.waterings[number] = {"id": number, "plant": slug, "litres": content["litres"], "views": 0, "by": "a can"}
        return 200, {}, {"watering": dict(self.waterings[number])}

    def get_watering(self, slug: str, number: str) -> Answer:
        watering = self.waterings.get(int(number))
        self.there(slug)
        if watering is None or (watering["plant"] != slug and self.defect != "any plant will do"):
            raise Refusal(404, "no such watering")
        watering["views"] += 1
        return 200, {}, {"watering": dict(watering)}

    def forget_watering(self, slug: str, number: str) -> Answer:
        answer = self.get_watering(slug, number)
        del self.waterings[int(number)]
        return answer

    def sweep(self, content: JSON) -> Answer:
        if not re.fullmatch("[a-z ]{1,60}", content["place"]):
            raise Refusal(400, "there is no such place")
        return 200, {}, {"swept": content["place"]}


def person_in(headers: JSON) -> str:
    """Return who sends a request, by its token; who shows none of ours is refused."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token in TOKENS:
        return TOKENS[token]
    error = ', error="invalid_token"' if token else ""
    raise Refusal(401, "who are you?", {"WWW-Authenticate": f'Bearer realm="garden"{error}'})


def now() -> str:
    return datetime.now(UTC).isoformat()


def slug_of(name: str, taken: JSON) -> str:
    """Return a slug that nothing has yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-") or "plant"
    return stem if stem not in taken else f"{stem}-{len(taken)}"


def number_in(query: dict[str, list[str]], name: str, usual: int, most: int) -> int:
    [text, *others] = query.get(name, [str(usual)])
    if others or not re.fullmatch("[1-9][0-9]{0,8}", text) or int(text) > most:
        raise Refusal(400, f"{name} is no such number")
    return int(text)


# What the content of each operation may have: the wrapper, the members, and those that it needs.
CONTENTS: dict[str, tuple[str, dict[str, type], tuple[str, ...]]] = {
    "make_plant": ("plant", {"name": str, "height": int, "pin": str}, ("name", "pin")),
    "put_plant": ("plant", {"name": str, "height": int, "pin": str}, ("name", "pin")),
    "patch_plant": ("plant", {"name": str, "height": int, "pin": str}, ()),
    "water": ("", {"litres": int}, ("litres",)),
    "sweep": ("", {"place": str}, ("place",)),
}


def content_of(name: str, headers: JSON, body: bytes) -> Any:
    """Return the content that an operation takes, None for one that takes none; what is wrong with it is refused."""
    if name not in CONTENTS and name != "put_labels":
        return None
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refusal(415, "send JSON")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "that is no JSON") from None
    if name == "put_labels":
        if not isinstance(content, list) or not all(is_text(each) for each in content):
            raise Refusal(400, "send a list of texts")
        return content
    wrapper, members, needed = CONTENTS[name]
    value = content.get(wrapper) if wrapper and isinstance(content, dict) else content
    if not isinstance(value, dict) or not all(each in value for each in needed):
        raise Refusal(400, "a member is missing")
    if not all(is_of(kind, value[each]) for each, kind in members.items() if each in value):
        raise Refusal(400, "a member is wrong")
    return value


def is_of(kind: type, value: Any) -> bool:
    return is_text(value) if kind is str else type(value) is int and 0 < value < 1000


def is_text(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[^\x00\ud800-\udfff]{1,200}", value) is not None


# How the settings give these people their tokens.
ACCOUNTS = ACCOUNTS_PLAIN = """
[accounts.a]
token = "a token of ada"
[accounts.b]
token = "a token of ben"
[accounts.admin]
token = "a token of kim"
"""
