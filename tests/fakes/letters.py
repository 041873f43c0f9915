"""
Letters with every way to narrow and order a list: filters, several values of one, bounds, a search, sorts, totals in a field.

A letter has several labels. Nobody signs in. `Letters` takes a defect, or a habit that a conformant service may have
where its document says nothing else.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
Query = dict[str, list[str]]
STATES = ("draft", "sent")
MOST, USUAL = 30, 10
TEXTS = ("subject", "sender", "note")
ONCE = ("page", "per_page", "sort", "sender", "label", "min_pages", "pages[lte]", "sent_from", "read_at_min", "q")
SORTS = ("pages", "-pages", "sent_on", "-sent_on", "read_at", "subject")


class Refusal(Exception):
    """A request that is not done: its status and a word."""

    def __init__(self, status: int, word: str) -> None:
        self.answer: Answer = (status, {}, {"error": word})
        super().__init__(word)


class Letters:
    """The whole service; `bent` is its defect or its habit, an empty text where it has none."""

    def __init__(self, bent: str = "") -> None:
        self.bent = bent
        self.letters: dict[int, JSON] = {}
        self.first: dict[int, JSON] = {}  # each letter as it was made
        self.changes = 0

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
        try:
            status, fields, content = self.done(method.replace("HEAD", "GET"), path, query, body)
        except Refusal as refusal:
            return refusal.answer
        is_letter = isinstance(content, dict) and "subject" in content
        return status, fields, {"letter": content} if is_letter and self.bent == "wrapped" else content

    def done(self, method: str, path: str, query: Query, body: bytes) -> Answer:
        if path == "/letters":
            known: dict[str, Callable[[], Answer]] = {
                "GET": lambda: self.listed(path, query),
                "POST": lambda: self.written(len(self.letters) + 1, content_of(body, self.bent), 201),
            }
        else:
            number = self.number_of(path)
            known = {
                "GET": lambda: (200, {}, self.letters[number]),
                "PUT": lambda: self.written(number, content_of(body, self.bent), 200),
            }
        return known[method]() if method in known else (405, {"Allow": ", ".join(known)}, {"error": "method"})

    def number_of(self, path: str) -> int:
        found = re.fullmatch("/letters/([1-9][0-9]{0,5})", path)
        if found is None or int(found[1]) not in self.letters:
            raise Refusal(404, "nothing")
        return int(found[1])

    def written(self, number: int, content: JSON, status: int) -> Answer:
        self.changes += 1
        usual = {
            "labels": [],
            "state": "draft",
            "pages": 0,
            "sent_on": "2025-01-01",
            "read_at": "2024-01-01T00:00:00Z",
            "note": "",
        }
        stamp = {"changed": self.changes} if self.bent == "the last change first" else {}
        self.letters[number] = {"id": number, **usual, **content, **stamp}
        self.first.setdefault(number, self.letters[number])
        if status == 200:
            self.moved(number)
        return status, {"Location": f"/letters/{number}"}, self.letters[number]

    def moved(self, number: int) -> None:
        letter = self.letters.pop(number)
        if self.bent == "a change moves it to the front":
            self.letters = {number: letter, **self.letters}
        elif self.bent == "a change moves it to the end":
            self.letters[number] = letter
        else:
            self.letters = dict(sorted({**self.letters, number: letter}.items()))

    # The list.

    def listed(self, path: str, query: Query) -> Answer:
        asked = self.checked(query)
        page, size = number_in(asked, "page", 1, 99999), number_in(asked, "per_page", USUAL, MOST, self.bent)
        whole = list(self.letters.values())
        found = [letter for letter in whole if self.matches(letter, query, asked)]
        found = self.in_order(found, whole, asked)
        if self.bent == "the largest page is cut" and size == MOST:
            size -= 1
        shown = found[(page - 1) * size : page * size]
        total = len(found)
        pages = max(-(-total // size), 1)
        if self.bent == "filters come after paging":
            shown = [letter for letter in whole[(page - 1) * size : page * size] if letter in found]
        if page > pages:
            if self.bent == "beyond the end is 404":
                raise Refusal(404, "no such page")
            if self.bent == "beyond the end is the last page":
                shown = found[(pages - 1) * size :]
        return 200, self.fields(path, query, page, size, len(shown), total), shown

    def fields(self, path: str, query: Query, page: int, size: int, shown: int, total: int) -> JSON:
        pages = max(-(-total // size), 1)
        if self.bent == "a full page leads on" and shown == size and page == pages:
            pages += 1
        last = total // size + 1 if self.bent == "the last page is empty" else pages
        known = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
        links = [(name, number) for name, number in known.items() if 1 <= number <= last or name == "last"]
        if page >= pages:
            links = [(name, number) for name, number in links if name != "next"]
        counted = {"totals are those of the page": shown, "totals forget filters": len(self.letters)}
        return {
            "X-Total-Count": counted.get(self.bent, total),
            "Link": ", ".join(
                f'<{path}?{urlencode({**query, "page": [number]}, doseq=True)}>; rel="{name}"' for name, number in links
            ),
        }

    def checked(self, query: Query) -> dict[str, str]:
        """Return the arguments that may stand once."""
        known = {name: values for name, values in query.items() if name in ONCE}
        if any(len(values) > 1 for values in known.values()):
            raise Refusal(400, "twice")
        asked = {name: values[0] for name, values in known.items()}
        if asked.get("sort", "pages") not in SORTS or not set(query.get("state", [])) <= {*STATES}:
            raise Refusal(400, "no such value")
        for name in ("min_pages", "pages[lte]"):
            if name in asked and not re.fullmatch("-?[0-9]{1,4}", asked[name]):
                raise Refusal(400, "no number")
        if "sent_from" in asked and not is_day(asked["sent_from"]):
            raise Refusal(400, "no day")
        if "read_at_min" in asked and not is_time(asked["read_at_min"]):
            raise Refusal(400, "no time")
        return asked

    def matches(self, letter: JSON, query: Query, asked: dict[str, str]) -> bool:
        is_strict = self.bent == "bounds are left out"
        if self.bent == "filters know letters as they were made":
            letter = self.first[letter["id"]]
        elif self.bent == "searches find by what was":
            letter = {**letter, "subject": f"{self.first[letter['id']]['subject']} {letter['subject']}"}
        states = query.get("state", [])
        if self.bent == "one of several states counts":
            states = states[:1]
        tests: dict[str, Callable[[str], bool]] = {
            "sender": lambda text: self.is_sender(letter["sender"], text),
            "label": lambda text: self.has_label(letter["labels"], text),
            "q": lambda text: self.is_in(text, letter["subject"]),
            "min_pages": lambda text: letter["pages"] > int(text) - (not is_strict),
            "pages[lte]": lambda text: letter["pages"] <= int(text),
            "read_at_min": lambda text: self.time_of(letter["read_at"]) >= self.time_of(text),
            "sent_from": lambda text: str(letter["sent_on"]) >= text,
        }
        wanted = {name: text for name, text in asked.items() if name in tests}
        if self.bent == "a sort forgets filters" and asked.get("sort", "").endswith("pages"):
            wanted.pop("label", None)
            states = []
        if self.bent == "of two filters one counts" and {"min_pages", "label"} <= wanted.keys():
            del wanted["min_pages"]
        return all(tests[name](text) for name, text in wanted.items()) and (not states or letter["state"] in states)

    def time_of(self, text: str) -> Any:
        """Return what a time is compared by."""
        return text if self.bent == "times are texts" else datetime.fromisoformat(text)

    def is_sender(self, sender: str, text: str) -> bool:
        if self.bent == "unknown senders find all" and all(each["sender"] != text for each in self.letters.values()):
            return True
        if self.bent == "senders in any case":
            return sender.casefold() == text.casefold()
        if self.bent == "accents count for nothing":
            return bare(sender) == bare(text)
        if self.bent == "senders in one Unicode form":
            return unicodedata.normalize("NFC", sender) == unicodedata.normalize("NFC", text)
        return sender == text

    def has_label(self, labels: list[str], text: str) -> bool:
        if self.bent == "a label within a label":
            return any(text in label for label in labels)
        return text in labels

    def is_in(self, text: str, subject: str) -> bool:
        if self.bent == "searches take case into account":
            return text in subject
        if self.bent == "searches are patterns":
            return re.search(text, subject, re.IGNORECASE) is not None
        if self.bent == "searches look for words":
            return bool({*re.findall(r"\w+", text.casefold())} & {*re.findall(r"\w+", subject.casefold())})
        return text.casefold() in subject.casefold()

    def in_order(self, found: list[JSON], whole: list[JSON], asked: dict[str, str]) -> list[JSON]:
        sort = asked.get("sort", "")
        name = sort.removeprefix("-")
        if not name:
            return sorted(found, key=lambda each: -each["changed"]) if "changed" in str(found[:1]) else found
        return sorted(found, key=lambda each: self.rank(each[name], name), reverse=sort.startswith("-"))

    def rank(self, value: Any, name: str) -> Any:
        """Return what a value is sorted by: times by when they are, and with a defect by something else."""
        if self.bent == "numbers are sorted without their sign" and name == "pages":
            return abs(value)
        if self.bent == "numbers are sorted as texts":
            return str(value)
        return self.time_of(value) if name == "read_at" else value


def bare(text: str) -> str:
    """Return a text without accents."""
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def number_in(asked: dict[str, str], name: str, usual: int, most: int, bent: str = "") -> int:
    text = asked.get(name, str(usual))
    if bent == "any size with a sort" and "sort" in asked and text.isdecimal():
        return max(int(text), 1)
    if not re.fullmatch("[1-9][0-9]{0,9}", text) or int(text) > most:
        raise Refusal(400, f"{name} is no such number")
    return int(text)


def is_day(text: Any) -> bool:
    try:
        return isinstance(text, str) and len(text) == len("2024-01-01") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_time(text: Any) -> bool:
    try:
        return isinstance(text, str) and "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def content_of(body: bytes, bent: str) -> JSON:
    """Return the content of a letter; what is wrong with it is refused."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "that is no JSON") from None
    if bent == "wrapped":
        content = content.get("letter") if isinstance(content, dict) else None
    valid: dict[str, Callable[[Any], bool]] = {
        **dict.fromkeys(TEXTS, is_text),
        "labels": lambda value: isinstance(value, list) and len(value) <= 5 and all(map(is_text, value)),
        "state": lambda value: value in STATES,
        "pages": lambda value: type(value) is int and -1000 <= value <= 1000,
        "sent_on": is_day,
        "read_at": is_time,
    }
    if not isinstance(content, dict) or not {"subject", "sender"} <= content.keys():
        raise Refusal(400, "something is missing")
    known = {name: value for name, value in content.items() if name in valid}
    if not all(valid[name](value) for name, value in known.items()):
        raise Refusal(400, "something is wrong")
    is_unwanted = known.get("pages", 0) < 0 or known.get("sent_on", "2025-01-01") < "2025-01-01"
    if bent == "nothing below zero, and no time that is past" and is_unwanted:
        raise Refusal(400, "not here")
    return known


def is_text(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[^\x00\ud800-\udfff]{1,80}", value) is not None
