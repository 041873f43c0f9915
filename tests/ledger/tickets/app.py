"""Tickets, written with Starlette: API keys, an agent beside customers, camelCase, numbered pages, problem details."""

import itertools
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEYS = {"key-of-mary-4711": "mary", "key-of-kate-0815": "kate", "key-of-the-agent-42": "agent"}
AGENT = "agent"
STATES = ("open", "closed")
SORTS = ("created", "priority")


def as_json(value: Any, status: int = 200, **fields: str) -> Response:
    return Response(json.dumps(value), status, headers=fields, media_type="application/json")


def problem(status: int, detail: str, fields: Any = None) -> Response:
    value = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
    return Response(json.dumps(value), status, headers=fields, media_type="application/problem+json")


TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
}


class Desk:
    def __init__(self) -> None:
        self.tickets: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)

    def user(self, request: Request) -> str:
        name = KEYS.get(request.headers.get("x-api-key", ""))
        if name is None:
            raise HTTPException(401, "Send your key as X-API-Key.")
        return name

    def ticket(self, request: Request) -> dict[str, Any]:
        """Return the ticket of the path, where the caller may see it."""
        user = self.user(request)
        found = self.tickets.get(request.path_params["ticket_id"].lower())
        if found is None or user not in (found["customer"], AGENT):
            raise HTTPException(404, "There is no such ticket.")
        return found

    def list_tickets(self, request: Request, body: bytes) -> Response:
        user = self.user(request)
        page, size = number(request, "pageNumber", 1, 9999), number(request, "pageSize", 10, 40)
        state, sort = choice(request, "state", STATES), choice(request, "sort", SORTS) or "created"
        found = [each for each in self.tickets.values() if user in (each["customer"], AGENT)]
        if state is not None:
            found = [each for each in found if each["state"] == state]
        found.sort(key=lambda each: (each[sort], each["created"]))
        content = found[(page - 1) * size : page * size]
        return as_json({"content": content, "pageNumber": page, "totalElements": len(found)})

    def create_ticket(self, request: Request, body: bytes) -> Response:
        user = self.user(request)
        fields = checked(sent(request, body), {"subject", "priority"}, {"subject"})
        ticket = {
            "id": str(uuid.uuid4()),
            "created": next(self.numbers),
            "customer": user,
            "state": "open",
            "priority": 5,
            **fields,
        }
        self.tickets[ticket["id"]] = ticket
        return as_json(ticket, 201, location=f"/tickets/{ticket['id']}")

    def get_ticket(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        return as_json(ticket)

    def replace_ticket(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        fields = checked(sent(request, body), {"subject", "priority"}, {"subject", "priority"})
        if ticket["state"] == "closed":
            raise HTTPException(409, "A closed ticket stays as it is.")
        ticket.update(fields)
        return as_json(ticket)

    def delete_ticket(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        del self.tickets[ticket["id"]]
        for key in [key for key, each in self.messages.items() if each["ticket"] == ticket["id"]]:
            del self.messages[key]
        return Response(status_code=204)

    def close_ticket(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        ticket["state"] = "closed"
        return as_json(ticket)

    def list_messages(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        return as_json([each for each in self.messages.values() if each["ticket"] == ticket["id"]])

    def add_message(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        fields = checked(sent(request, body), {"text"}, {"text"})
        message = {"id": str(uuid.uuid4()), "ticket": ticket["id"], "author": self.user(request), **fields}
        self.messages[message["id"]] = message
        return as_json(message, 201, location=f"/tickets/{ticket['id']}/messages/{message['id']}")

    def get_message(self, request: Request, body: bytes) -> Response:
        ticket = self.ticket(request)
        found = self.messages.get(request.path_params["message_id"].lower())
        if found is None or found["ticket"] != ticket["id"]:
            raise HTTPException(404, "There is no such message.")
        return as_json(found)

    def get_report(self, request: Request, body: bytes) -> Response:
        user = self.user(request)
        if user != AGENT:
            raise HTTPException(403, "That is for agents.")
        states = [each["state"] for each in self.tickets.values()]
        return as_json({"open": states.count("open"), "closed": states.count("closed")})

    def get_health(self, request: Request, body: bytes) -> Response:
        return as_json({"up": True})


def number(request: Request, name: str, default: int, most: int) -> int:
    asked = request.query_params.get(name, str(default))
    if not re.fullmatch("[0-9]{1,6}", asked) or not 1 <= int(asked) <= most:
        raise HTTPException(422, f"{name} is a number from 1 to {most}.")
    return int(asked)


def choice(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    asked = request.query_params.get(name)
    if asked is not None and asked not in allowed:
        raise HTTPException(422, f"{name} is one of {', '.join(allowed)}.")
    return asked


def sent(request: Request, body: bytes) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Send application/json.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "That is no JSON.") from None
    if not isinstance(value, dict):
        raise HTTPException(422, "That is no object.")
    return value


def checked(value: dict[str, Any], known: set[str], required: set[str]) -> dict[str, Any]:
    if set(value) - known or required - set(value):
        raise HTTPException(422, "A member is unknown or missing.")
    for name in known - {"priority"}:
        text = value[name]
        if not isinstance(text, str) or not 1 <= len(text) <= 200:
            raise HTTPException(422, f"{name} is a text of 1 to 200 characters.")
    if "priority" in value:
        value["priority"] = priority_of(value["priority"])
    return value


def priority_of(value: Any) -> int:
    if type(value) not in (int, float) or value != value or value not in range(1, 21):
        raise HTTPException(422, "priority is a whole number from 1 to 20.")
    return int(value)


def endpoint(act: Callable[[Request, bytes], Response]) -> Any:
    async def answer(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(act, request, body)

    return answer


async def refused(request: Request, raised: Exception) -> Response:
    assert isinstance(raised, HTTPException)
    fields = raised.headers
    return problem(raised.status_code, str(raised.detail), fields)


class ByMethod:
    """Several routes of one path as one, so that a wrong method is answered with all that are right."""

    def __init__(self, path: str, **actions: Callable[[Request, bytes], Response]) -> None:
        methods = {name.upper(): endpoint(act) for name, act in actions.items()}
        if "GET" in methods:
            methods["HEAD"] = methods["GET"]

        async def act(request: Request) -> Response:
            if request.method not in methods:
                raise HTTPException(405, "Not here.", {"Allow": ", ".join(methods)})
            answer: Response = await methods[request.method](request)
            return answer

        self.route = Route(path, act, methods=None)
        self.route.methods = None


def create_app() -> Starlette:
    desk = Desk()
    paths = (
        ByMethod("/health", get=desk.get_health),
        ByMethod("/report", get=desk.get_report),
        ByMethod("/tickets", get=desk.list_tickets, post=desk.create_ticket),
        ByMethod("/tickets/{ticket_id}", get=desk.get_ticket, put=desk.replace_ticket, delete=desk.delete_ticket),
        ByMethod("/tickets/{ticket_id}/close", post=desk.close_ticket),
        ByMethod("/tickets/{ticket_id}/messages", get=desk.list_messages, post=desk.add_message),
        ByMethod("/tickets/{ticket_id}/messages/{message_id}", get=desk.get_message),
    )
    app = Starlette(routes=[each.route for each in paths], exception_handlers={HTTPException: refused})
    app.router.redirect_slashes = False
    return app
