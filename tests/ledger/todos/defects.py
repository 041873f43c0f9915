"""The todos: twelve defects."""

from typing import Any

import httpx

from ..defect import Ledger

LEDGER = Ledger()


def made(web: httpx.Client, text: str = "sweep") -> dict[str, Any]:
    todo: dict[str, Any] = web.post("/todos", json={"text": text}).json()
    return todo


def numbers(web: httpx.Client, **query: Any) -> list[int]:
    return [each["number"] for each in web.get("/todos", params=query).json()]


@LEDGER.defect(
    "Behind the first page each offset is one too far.",
    "Document, offset and list_todos: todos in the order in which they were made, so that pages leave none out.",
    ("[int(offset) :][: int(limit)]", "[int(offset) + (int(offset) > 0) :][: int(limit)]"),
)
def offset_too_far(web: httpx.Client) -> bool:
    for _ in range(3):
        made(web)
    return numbers(web, offset=1) == [2, 3]


@LEDGER.defect(
    "A limit below ten is not heeded.",
    "Document, limit: from 1 to 50, so that 2 shows two.",
    ("[: int(limit)]", "[: max(10, int(limit))]"),
)
def small_limit_ignored(web: httpx.Client) -> bool:
    for _ in range(3):
        made(web)
    return numbers(web, limit=2) == [1, 2]


@LEDGER.defect(
    "Any limit is taken, none at all and thousands.",
    "Document, limit: from 1 to 50.",
    ('"[1-9]|[1-4][0-9]|50"', '"[0-9]{1,5}"'),
)
def any_limit(web: httpx.Client) -> bool:
    return [web.get("/todos", params={"limit": limit}).status_code for limit in (0, 51)] == [400, 400]


@LEDGER.defect(
    "A deleted todo is still found by its id.",
    "Document, delete_todo: it is not there any more.",
    ("self.numbers = iter(", "self.old: dict[str, Any] = {}\n        self.numbers = iter("),
    ("if found[1] not in self.todos and method", "if found[1] not in self.todos | self.old and method"),
    ('"GET": lambda: (200, self.todos[found[1]], {})', '"GET": lambda: (200, (self.todos | self.old)[found[1]], {})'),
    (
        '"DELETE": lambda: (204, self.todos.pop(found[1]) and None, {})',
        '"DELETE": lambda: (204, self.old.update({found[1]: self.todos.pop(found[1])}), {})',
    ),
)
def deleted_is_found(web: httpx.Client) -> bool:
    todo = made(web)
    web.delete(f"/todos/{todo['id']}")
    return web.get(f"/todos/{todo['id']}").status_code == 404 and numbers(web) == []


@LEDGER.defect(
    "A change is written to the last todo that was made, whichever was named.",
    "RFC 9110, 9.3.4: PUT replaces the state of the target resource.",
    ('self.todos[todo] |= {"text": text}', 'self.todos[[*self.todos][-1]] |= {"text": text}'),
)
def change_of_another(web: httpx.Client) -> bool:
    first, second = made(web, "first"), made(web, "second")
    web.put(f"/todos/{first['id']}", json={"text": "new"})
    return bool(web.get(f"/todos/{second['id']}").json()["text"] == "second")


@LEDGER.defect(
    "A change loses all letters beyond ASCII.",
    "RFC 9110, 9.3.4: a successful PUT means that a GET shows an equal representation.",
    ('self.todos[todo] |= {"text": text}', 'self.todos[todo] |= {"text": text.encode("ascii", "ignore").decode()}'),
)
def accents_are_lost(web: httpx.Client) -> bool:
    todo = made(web)
    changed = web.put(f"/todos/{todo['id']}", json={"text": "crème brûlée"})
    return bool(changed.json()["text"] == "crème brûlée")


@LEDGER.defect(
    "A text is cut after a hundred characters.",
    "Document: a text has up to 200 characters.",
    ('"number": next(self.numbers), "text": text}', '"number": next(self.numbers), "text": text[:100]}'),
)
def long_text_is_cut(web: httpx.Client) -> bool:
    return len(made(web, "x" * 150)["text"]) == 150


@LEDGER.defect(
    "Content that is no UTF-8 crashes.",
    "Document: content that is not as described is answered 400.",
    ("except (ValueError, RecursionError):", "except (json.JSONDecodeError, RecursionError):"),
)
def wrong_bytes_crash(web: httpx.Client) -> bool:
    answer = web.post("/todos", content=b'{"text": "\xff\xfe"}', headers={"Content-Type": "application/json"})
    return answer.status_code == 400


@LEDGER.defect(
    "A change moves the todo to the end of the list.",
    "Document, list_todos: in the order in which they were made; a change moves none of them.",
    ('self.todos[todo] |= {"text": text}', 'self.todos[todo] = self.todos.pop(todo) | {"text": text}'),
)
def change_moves_it(web: httpx.Client) -> bool:
    first, _ = made(web), made(web)
    web.put(f"/todos/{first['id']}", json={"text": "new"})
    return numbers(web) == [1, 2]


@LEDGER.defect(
    "A todo that is not there is refused in two ways.",
    "Document, 404 of delete_todo: an error has the member error, and no other.",
    (
        'if found[1] not in self.todos and method in ("GET", "PUT", "DELETE"):',
        'if found[1] not in self.todos and method == "DELETE":\n'
        '                return 404, {"message": "nothing"}, {}\n'
        '            if found[1] not in self.todos and method in ("GET", "PUT"):',
    ),
)
def other_error_at_delete(web: httpx.Client) -> bool:
    return bool(web.delete("/todos/5e0f3f6a-0000-4000-8000-000000000000").json() == {"error": "nothing"})


@LEDGER.defect(
    "A creation is answered 200.",
    "Document, create_todo: 201.",
    ("return 201, made, {}", "return 200, made, {}"),
)
def creation_answers_200(web: httpx.Client) -> bool:
    return web.post("/todos", json={"text": "sweep"}).status_code == 201


@LEDGER.defect(
    "HEAD is refused.",
    "RFC 9110, 9.1: all general-purpose servers must support GET and HEAD.",
    ('scope["method"].replace("HEAD", "GET")', 'scope["method"]'),
)
def head_is_refused(web: httpx.Client) -> bool:
    return web.head("/todos").status_code == 200
