"""
A cabinet of sheets, whose rules of access a test chooses: shared, readable by all, or private.

A sheet has lines below it, which belong to whom the sheet belongs to. Beside them stand the accounts of the people,
reached by their name in the path, in a query, in content, or by the token alone.
"""

import json
import re
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]
Answer = tuple[int, JSON, Any]
PEOPLE = {"token-of-ann": "ann", "token-of-bob": "bob", "token-of-kim": "kim", "token-of-lee": "lee"}
KEEPER, CLERK = "kim", "lee"
OWN = {"id", "title", "stamps", "author", "editor"}  # the members of a sheet
ID = "([a-z]+-[0-9]+)"
ROUTES = {
    "/sheets": {"GET": "list_sheets", "POST": "make_sheet"},
    f"/sheets/{ID}": {"GET": "get_sheet", "PUT": "put_sheet", "DELETE": "delete_sheet"},
    f"/sheets/{ID}/stamp": {"POST": "stamp_sheet"},
    f"/sheets/{ID}/lines": {"POST": "add_line"},
    f"/sheets/{ID}/lines/{ID}": {"GET": "get_line", "DELETE": "delete_line"},
    "/accounts": {"POST": "join"},
    "/sessions": {"POST": "enter"},
    "/accounts/([a-z0-9]+)": {"GET": "get_account", "PATCH": "patch_account"},
    "/bills": {"GET": "list_bills"},
    "/payments": {"POST": "pay"},
    "/me": {"GET": "get_me", "PATCH": "patch_me"},
}


class Refusal(Exception):
    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


@dataclass(frozen=True)
class Rules:
    """
    Who may do what, and what a sheet shows of its people.

    `reads`, `writes` and `lists` are `all` or `own`, `makes` is `all` or `keeper`. `refusal` is the status for everybody
    else. `shows` are members that name a person: `author` is who made the sheet, `editor` who has changed it last. A
    sheet keeps the members of its content that `keeps` names, or whatever it is sent with `keeps_all`. A `defect` leaves
    one check out.
    """

    reads: str = "all"
    writes: str = "all"
    lists: str = "all"
    makes: str = "all"
    refusal: int = 404
    shows: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    keeps_all: bool = False
    defect: str = ""


class Cabinet:
    """The whole service."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.sheets: dict[str, JSON] = {}
        self.lines: dict[str, JSON] = {}
        self.people = dict(PEOPLE)
        self.moods = dict.fromkeys(PEOPLE.values(), "well")
        self.made = 0
        self.lock = threading.Lock()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, header fields and content of an answer."""
        parts = urlsplit(target)
        with self.lock:
            try:
                return self.done(method.replace("HEAD", "GET"), parts.path, parse_qs(parts.query), headers, body)
            except Refusal as refusal:
                return refusal.status, {}, {"error": "no"}

    def done(self, method: str, path: str, query: dict[str, list[str]], headers: dict[str, str], body: bytes) -> Answer:
        found = next((match for each in ROUTES if (match := re.fullmatch(each, path))), None)
        if found is None:
            raise Refusal(404)
        name = ROUTES[found.re.pattern].get(method)
        if name is None:
            raise Refusal(405)
        self.content, self.query, self.operation = json.loads(body) if body else {}, query, name
        if name in ("join", "enter"):
            opened: Answer = getattr(self, name)()
            return opened
        person = self.people.get(headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            raise Refusal(401)
        done: Answer = getattr(self, name)(person, *found.groups())
        return done

    def is_let(self, rule: str, person: str, owner: str) -> bool:
        return rule == "all" or person == owner or self.rules.defect == self.operation

    def refuse(self, person: str, sheet: JSON, rule: str) -> None:
        if not self.is_let(rule, person, sheet["owner"]):
            raise Refusal(self.rules.refusal)

    def sheet(self, number: str) -> JSON:
        if number not in self.sheets:
            raise Refusal(404)
        return self.sheets[number]

    def shown(self, sheet: JSON) -> JSON:
        people = {"author": sheet["owner"], "editor": sheet["editor"]}
        shown: JSON = {name: sheet[name] for name in ("id", "title", "stamps")}
        kept: JSON = sheet["kept"]
        return shown | kept | {name: people[name] for name in self.rules.shows}

    def kept(self) -> JSON:
        """Return what of the content a sheet keeps beside its title."""
        others = self.content.keys() - OWN
        return {name: self.content[name] for name in others if self.rules.keeps_all or name in self.rules.keeps}

    def new_id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    # Sheets.

    def list_sheets(self, person: str) -> Answer:
        return (
            200,
            {},
            [self.shown(each) for each in self.sheets.values() if self.is_let(self.rules.lists, person, each["owner"])],
        )

    def make_sheet(self, person: str) -> Answer:
        if self.rules.makes == "keeper" and (person != KEEPER or self.rules.defect == "no keepers"):
            raise Refusal(403)
        sheet = {
            "id": self.new_id("sheet"),
            "title": self.content["title"],
            "owner": person,
            "editor": person,
            "stamps": 0,
        }
        self.sheets[sheet["id"]] = sheet | {"kept": self.kept()}
        return 201, {"Location": f"/sheets/{sheet['id']}"}, self.shown(self.sheets[sheet["id"]])

    def get_sheet(self, person: str, number: str) -> Answer:
        sheet = self.sheet(number)
        self.refuse(person, sheet, self.rules.reads)
        return 200, {}, self.shown(sheet)

    def put_sheet(self, person: str, number: str) -> Answer:
        sheet = self.sheet(number)
        if self.rules.defect == "refused and done":
            sheet["title"] = self.content["title"]
        self.refuse(person, sheet, self.rules.writes)
        if self.rules.defect != "no effect":
            sheet |= {"title": self.content["title"], "editor": person, "kept": self.kept()}
        return 200, {}, self.shown(sheet)

    def delete_sheet(self, person: str, number: str) -> Answer:
        if self.rules.makes == "keeper":
            self.refuse(person, {"owner": KEEPER}, "own")
        else:
            self.refuse(person, self.sheet(number), self.rules.writes)
        self.sheet(number)
        del self.sheets[number]
        return 204, {}, None

    def stamp_sheet(self, person: str, number: str) -> Answer:
        sheet = self.sheet(number)
        if person == CLERK and self.rules.defect == "no clerks":
            raise Refusal(403)
        if person == CLERK:
            person = sheet["owner"]
        self.refuse(person, sheet, self.rules.writes)
        sheet["stamps"] += 1
        return 200, {}, self.shown(sheet)

    # Lines, which belong to whom the sheet belongs to.

    def add_line(self, person: str, number: str) -> Answer:
        self.sheet(number)
        line = {"id": self.new_id("line"), "text": self.content["text"], "sheet": number, "by": person}
        self.lines[line["id"]] = line
        return 201, {}, {"id": line["id"], "text": line["text"]}

    def line(self, person: str, number: str, line: str) -> JSON:
        if self.lines.get(line, {}).get("sheet") != number:
            raise Refusal(404)
        sheet = self.sheet(number)
        is_its_maker = self.rules.defect == "lines are their makers'" and person == self.lines[line]["by"]
        if not is_its_maker:
            self.refuse(person, sheet, "own")
        return self.lines[line]

    def get_line(self, person: str, number: str, line: str) -> Answer:
        found = self.line(person, number, line)
        return 200, {}, {"id": found["id"], "text": found["text"]}

    def delete_line(self, person: str, number: str, line: str) -> Answer:
        self.line(person, number, line)
        del self.lines[line]
        return 204, {}, None

    # Accounts.

    def join(self) -> Answer:
        name = self.content["name"]
        if name in self.moods:
            raise Refusal(409)
        self.moods[name] = "new"
        return 201, {}, self.account(name)[2]

    def enter(self) -> Answer:
        token = f"token-of-{self.content['name']}"
        self.people[token] = self.content["name"]
        return 200, {}, {"token": token}

    def account(self, name: str) -> Answer:
        return 200, {}, {"id": f"u-{name}", "name": name, "mood": self.moods[name]}

    def own(self, person: str, name: str) -> None:
        if person != name and self.rules.defect != self.operation:
            raise Refusal(self.rules.refusal)

    def get_account(self, person: str, name: str) -> Answer:
        self.own(person, name)
        return self.account(name)

    def patch_account(self, person: str, name: str) -> Answer:
        self.own(person, name)
        self.moods[name] = self.content.get("mood", self.moods[name])
        return self.account(name)

    def list_bills(self, person: str) -> Answer:
        [name] = self.query.get("of", [""])
        self.own(person, name)
        return 200, {}, [{"id": f"bill-of-{name}", "sum": 7}]

    def pay(self, person: str) -> Answer:
        self.own(person, self.content["from"]["name"])
        return 200, {}, {"paid": self.content["sum"]}

    def get_me(self, person: str) -> Answer:
        return self.account("ann" if self.rules.defect == "get_me" else person)

    def patch_me(self, person: str) -> Answer:
        for name in self.moods if self.rules.defect == "patch_me" else [person]:
            self.moods[name] = self.content.get("mood", self.moods[name])
        return self.account(person)
