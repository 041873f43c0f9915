"""The journal: twelve defects."""

from typing import Any

import httpx

from ..defect import Ledger, member

LEDGER = Ledger()
GRACE = ("grace", "compiler-of-grace")
EDSGER = ("edsger", "shortest-path-1959")


def signed_in(web: httpx.Client, user: tuple[str, str] = GRACE) -> dict[str, str]:
    """Return the header field of a user who has signed in."""
    answer = web.post("/token", data={"username": user[0], "password": user[1]})
    return {"Authorization": f"Bearer {member(answer, 'access_token')}"}


def written(web: httpx.Client, user: dict[str, str], day: str = "2026-05-01", **members: Any) -> httpx.Response:
    return web.post("/entries", json={"text": "a quiet day", "day": day, **members}, headers=user)


def walked(web: httpx.Client, user: dict[str, str], limit: int) -> list[int]:
    """Return the ids of all entries, page by page."""
    ids: list[int] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = web.get("/entries", params=query, headers=user).json()
        ids += [each["id"] for each in page["entries"]]
        if page["next"] is None or len(ids) > 20:
            return ids
        query["after"] = page["next"]


@LEDGER.defect(
    "The next page begins with another day: entries of the day on which a page ends are left out.",
    "Document, next and after: each page goes on behind the one before.",
    ('(entry["day"], entry["id"]) < place]', 'entry["day"] < place[0]]'),
)
def cursor_skips_equal_days(web: httpx.Client) -> bool:
    user = signed_in(web)
    ids = [written(web, user).json()["id"] for _ in range(3)]
    return walked(web, user, 2) == ids[::-1]


@LEDGER.defect(
    "Anybody may read an entry.",
    "Document, get_entry: one of your entries; those of others are not there for you.",
    (
        "entry = own(entry_id, caller)\n    return shown(entry)\n\n\n@app.put",
        "entry = journal.entries.get(entry_id) or own(entry_id, caller)\n    return shown(entry)\n\n\n@app.put",
    ),
)
def read_by_anybody(web: httpx.Client) -> bool:
    entry = written(web, signed_in(web)).json()["id"]
    return web.get(f"/entries/{entry}", headers=signed_in(web, EDSGER)).status_code == 404


@LEDGER.defect(
    "PUT forgets the mood.",
    "RFC 9110, 9.3.4: a successful PUT means that a GET shows an equal representation.",
    ("entry.update(new.model_dump())", 'entry.update(new.model_dump(exclude={"mood"}))'),
)
def put_loses_a_member(web: httpx.Client) -> bool:
    user = signed_in(web)
    entry = written(web, user).json()["id"]
    new = {"text": "better", "day": "2026-05-02", "mood": "glad"}
    web.put(f"/entries/{entry}", json=new, headers=user)
    return bool(web.get(f"/entries/{entry}", headers=user).json()["mood"] == "glad")


@LEDGER.defect(
    "A page may be as long as the client wants.",
    "Document, limit: 50 at most.",
    ("Query(ge=1, le=50)", "Query(ge=1)"),
)
def limit_without_a_maximum(web: httpx.Client) -> bool:
    return web.get("/entries", params={"limit": 5000}, headers=signed_in(web)).status_code == 422


@LEDGER.defect(
    "A user may give themselves a role.",
    "Document, Profile: display_name alone, additionalProperties false.",
    (
        "class Profile(Strict):\n",
        'class Profile(BaseModel):\n    model_config = ConfigDict(strict=True, extra="allow")\n',
    ),
)
def role_from_content(web: httpx.Client) -> bool:
    user = signed_in(web)
    web.patch("/me", json={"display_name": "Grace", "role": "admin"}, headers=user)
    return bool(web.get("/me", headers=user).json()["role"] == "writer")


@LEDGER.defect(
    "The last days of the calendar cannot be written down.",
    "Document, day: a date. RFC 9110, 15.6.1: a 500 is an unexpected condition of the server.",
    ("    if (datetime.date.max - day).days < left:\n        return None\n", ""),
)
def last_day_crashes(web: httpx.Client) -> bool:
    return written(web, signed_in(web), day="9999-12-31").status_code == 201


@LEDGER.defect(
    "The tokens of a deleted account go on working.",
    "Document, delete_me: its tokens open nothing afterwards.",
    ("        del journal.tokens[token]\n", "        pass\n"),
)
def token_outlives_account(web: httpx.Client) -> bool:
    user = signed_in(web)
    web.delete("/me", headers=user)
    return web.get("/me", headers=user).status_code == 401


@LEDGER.defect(
    "Entries of a deleted account belong to the next user of that name.",
    "Document, delete_me: deletes the account with all its entries.",
    ("        del journal.entries[number]\n", "        pass\n"),
)
def entries_are_inherited(web: httpx.Client) -> bool:
    user = signed_in(web)
    written(web, user)
    web.delete("/me", headers=user)
    web.post("/users", json={"username": "grace", "password": "another grace"})
    return walked(web, signed_in(web, ("grace", "another grace")), 10) == []


@LEDGER.defect(
    "A deletion is answered 200 with null.",
    "Document, delete_entry: 204.",
    ("return Response(status_code=204)", 'return Response("null", 200, media_type="application/json")'),
)
def deletion_answers_200(web: httpx.Client) -> bool:
    user = signed_in(web)
    entry = written(web, user).json()["id"]
    return web.delete(f"/entries/{entry}", headers=user).status_code == 204


@LEDGER.defect(
    "Some letters are kept as others that look alike.",
    "RFC 9110, 9.3.4: a PUT, and a creation, store what was sent. Document, Entry: text, without any change to it.",
    (
        "entry.update(new.model_dump())",
        "entry.update(new.model_dump())\n"
        '    entry["text"] = __import__("unicodedata").normalize("NFKC", entry["text"])',
    ),
)
def letters_are_replaced(web: httpx.Client) -> bool:
    user = signed_in(web)
    entry = written(web, user).json()["id"]
    text = "10 ㎞ and ½"
    web.put(f"/entries/{entry}", json={"text": text, "day": "2026-05-01"}, headers=user)
    return bool(web.get(f"/entries/{entry}", headers=user).json()["text"] == text)


@LEDGER.defect(
    "An id is the number of entries: after a deletion a new entry takes the place of another.",
    "Document, add_entry: answers 201, so something new was made (RFC 9110, 9.3.3), and nothing else changed.",
    ("number = next(journal.ids)", "number = len(journal.entries) + 1"),
)
def id_is_used_again(web: httpx.Client) -> bool:
    user = signed_in(web)
    first, second = (written(web, user).json()["id"] for _ in range(2))
    web.delete(f"/entries/{first}", headers=user)
    return bool(written(web, user).json()["id"] != second)


@LEDGER.defect(
    "Behind the first page the entries of everybody are shown.",
    "Document, list_entries: your entries.",
    (
        'found = [entry for entry in journal.entries.values() if entry["writer"] == caller]',
        'found = [entry for entry in journal.entries.values() if after or entry["writer"] == caller]',
    ),
)
def cursor_shows_everybody(web: httpx.Client) -> bool:
    user, other = signed_in(web), signed_in(web, EDSGER)
    written(web, other, day="2026-01-01")
    ids = [written(web, user).json()["id"] for _ in range(3)]
    return walked(web, user, 2) == ids[::-1]
