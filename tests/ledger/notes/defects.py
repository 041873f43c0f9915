"""The notes: twelve defects."""

from typing import Any

import httpx

from ..defect import Ledger

LEDGER = Ledger()
ADA = ("ada", "lovelace-engine")
BEN = ("ben", "franklin-kite")


def written(web: httpx.Client, title: str = "Tea", **members: Any) -> httpx.Response:
    """Write a note as Ada."""
    return web.post("/notes", json={"title": title, **members}, auth=ADA)


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["slug"])


@LEDGER.defect(
    "DELETE does not ask whose note it is.",
    "Document: a note of somebody else is answered as one that is not there.",
    (
        "def deleted(self, request: Request, slug: str) -> Answer:\n        note = self.find(request, slug)",
        "def deleted(self, request: Request, slug: str) -> Answer:\n"
        "        if slug not in self.notes:\n"
        '            raise Refusal(404, "there is no such note")\n'
        "        note = self.notes[slug]",
    ),
)
def delete_by_anybody(web: httpx.Client) -> bool:
    note = slug(written(web))
    web.delete(f"/notes/{note}", auth=BEN)
    return web.get(f"/notes/{note}", auth=ADA).status_code == 200


@LEDGER.defect(
    "The entity tag does not change with the text.",
    "Document, ETag: another one after each change. RFC 9110, 8.8.1: it changes whenever the representation does.",
    ("json.dumps(note).encode()", 'json.dumps([note["slug"], note["title"], note["tags"]]).encode()'),
)
def stale_entity_tag(web: httpx.Client) -> bool:
    made = written(web, text="before")
    changed = web.put(f"/notes/{slug(made)}", json={"title": "Tea", "text": "after"}, auth=ADA)
    return made.headers["etag"] != changed.headers["etag"]


@LEDGER.defect(
    "PUT does not look at If-Match.",
    "Document, If-Match: only that version is changed; otherwise the answer is 412.",
    ("content = self.content(request)\n        self.matched(request, note)", "content = self.content(request)"),
)
def put_without_precondition(web: httpx.Client) -> bool:
    note = slug(written(web))
    change = web.put(f"/notes/{note}", json={"title": "Coffee"}, auth=ADA, headers={"If-Match": '"another"'})
    return change.status_code == 412


@LEDGER.defect(
    "The list is kept by its query alone, until somebody writes, and handed to the next user.",
    "Document: notes that nobody but their owner can see. RFC 9111, 5.2.2.7: private is for a single user.",
    (
        "            return action(request, *keys)\n",
        "            key = tuple(sorted(request.query.items())) if action == self.listed else None\n"
        '            if request.method not in ("GET", "HEAD"):\n'
        "                self.answers.clear()\n"
        "            if key is None:\n"
        "                return action(request, *keys)\n"
        "            if key not in self.answers:\n"
        "                self.answers[key] = action(request, *keys)\n"
        "            return self.answers[key]\n",
    ),
)
def cache_across_users(web: httpx.Client) -> bool:
    written(web)
    web.get("/notes", auth=ADA)
    return bool(web.get("/notes", auth=BEN).json() == [])


@LEDGER.defect(
    "A 401 has no challenge.",
    "Document, 401: WWW-Authenticate is required. RFC 9110, 15.5.2.",
    (""", www_authenticate='Basic realm="notes", charset="UTF-8"')""", ")"),
)
def no_challenge(web: httpx.Client) -> bool:
    return "www-authenticate" in web.get("/notes").headers


@LEDGER.defect(
    "Location leads to the slug without its number.",
    "Document, Location: where the note is. RFC 9110, 15.3.2.",
    ('location=f"/notes/{slug}"', 'location=f"/notes/{wanted}"'),
)
def location_of_another(web: httpx.Client) -> bool:
    written(web)
    second = written(web)
    return bool(web.get(second.headers["location"], auth=ADA).json()["slug"] == slug(second))


@LEDGER.defect(
    "A page beyond the end shows the last page again.",
    "Document: a page beyond the end is empty.",
    ("total = len(own)\n", "total = len(own)\n        page = min(page, max(1, -(-total // size)))\n"),
)
def last_page_repeated(web: httpx.Client) -> bool:
    written(web)
    return bool(web.get("/notes", params={"page": 2}, auth=ADA).json() == [])


@LEDGER.defect(
    "The filter finds tags that contain the wanted one.",
    "Document, tag: notes that have exactly this tag.",
    ('request.query["tag"] in note["tags"]', 'request.query["tag"] in ",".join(note["tags"])'),
)
def tag_within_a_tag(web: httpx.Client) -> bool:
    written(web, tags=["pink"])
    return bool(web.get("/notes", params={"tag": "ink"}, auth=ADA).json() == [])


@LEDGER.defect(
    "PUT with no tags keeps the old ones.",
    "Document: sets title, text and tags; what is left out is empty.",
    ("note.update(content)", "note.update({name: value for name, value in content.items() if value})"),
)
def empty_is_ignored(web: httpx.Client) -> bool:
    note = slug(written(web, tags=["food"], text="milk"))
    changed = web.put(f"/notes/{note}", json={"title": "Tea", "text": "", "tags": []}, auth=ADA)
    return bool(changed.json() == {"slug": note, "title": "Tea", "text": "", "tags": []})


@LEDGER.defect(
    "The text alone cannot be read if it has a letter beyond Latin-1.",
    "Document, getText: the text, in UTF-8.",
    ('.encode("utf-8", "replace")', '.encode("latin-1").decode("latin-1").encode()'),
)
def text_crashes(web: httpx.Client) -> bool:
    note = slug(written(web, text="日本"))
    answer = web.get(f"/notes/{note}/text", auth=ADA)
    return answer.status_code == 200 and answer.content.decode() == "日本"


@LEDGER.defect(
    "A second note with the same title takes the place of the first.",
    "Document: two notes with one title get two slugs.",
    ("while slug in self.notes:", "while slug in self.notes and self.owners[slug] != request.user:"),
)
def same_title_overwrites(web: httpx.Client) -> bool:
    first, second = written(web, text="one"), written(web, text="two")
    return slug(first) != slug(second)


@LEDGER.defect(
    "The beginning of a password is enough.",
    "Document, 401: name and password are missing or wrong.",
    ("PASSWORDS.get(name) != password", 'not PASSWORDS.get(name, "").startswith(password)'),
)
def half_a_password(web: httpx.Client) -> bool:
    return web.get("/notes", auth=("ada", "love")).status_code == 401
