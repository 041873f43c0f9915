"""
A library's loans, in the style of another house: offset pages, `{"detail": ...}` errors and API keys.

It stands for any service that was not written with Bookplate in mind: it imports nothing of it and knows nothing of it.
Serve it with `LOANS_KEYS=ada:secret-1,librarian:secret-2 uvicorn --factory examples.foreign_loans.app:create_app`.
"""

import datetime
import itertools
import json
import os
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DOCUMENT = yaml.safe_load(Path(__file__).with_name("loans.yaml").read_text(encoding="utf-8"))
LIBRARIAN = "librarian"
DEFECTS = ("", "off-by-one", "forgets-owner", "crashes")  # LOANS_DEFECT plants one, to show that it is found

Loan = dict[str, Any]


class Answer(JSONResponse):
    def render(self, content: Any) -> bytes:
        """Write JSON in ASCII: half of a surrogate pair, which JSON may hold, cannot be encoded otherwise."""
        return json.dumps(content).encode()


class Library:
    """The loans, in memory; ids are never given twice."""

    def __init__(self, keys: dict[str, str], defect: str) -> None:
        self.keys = keys
        self.defect = defect
        self.loans: dict[int, Loan] = {}
        self.ids = itertools.count(1)

    def borrow(self, borrower: str, title: str, note: str | None = None, weeks: int = 4) -> Loan:
        loan: Loan = {"id": next(self.ids), "borrower": borrower, "title": title, "note": note, "due": due(weeks)}
        self.loans[loan["id"]] = loan
        return loan

    def of(self, borrower: str, title: str | None) -> list[Loan]:
        own = [loan for loan in self.loans.values() if loan["borrower"] == borrower]
        return own if title is None else [loan for loan in own if loan["title"] == title]

    def page(self, loans: list[Loan], offset: int, limit: int) -> list[Loan]:
        end = offset + limit
        if self.defect == "off-by-one" and end < len(loans):
            end -= 1
        return loans[offset:end]

    def find(self, number: str, caller: str) -> Loan:
        """Return a loan that the caller may see; whoever may not is told what they are told of none."""
        loan = self.loans.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 20 else None
        seen = loan is not None and (caller in (loan["borrower"], LIBRARIAN) or self.defect == "forgets-owner")
        if loan is None or not seen:
            raise HTTPException(404, "There is no such loan.")
        return loan

    def change(self, loan: Loan, note: str | type | None = str, weeks: int | None = None) -> None:
        if note is not str:
            loan["note"] = note.strip() if self.defect == "crashes" else note  # type: ignore[union-attr]
        if weeks is not None:
            loan["due"] = due(weeks)


def due(weeks: int) -> str:
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(weeks=weeks)).isoformat()


def caller(request: Request) -> str:
    name: str | None = request.app.state.library.keys.get(request.headers.get("x-api-key", ""))
    if name is None:
        raise HTTPException(401, "Send your key as X-Api-Key.")
    return name


async def content(request: Request, schema: str) -> dict[str, Any]:
    """Return the content of a request, once it is what the document asks for."""
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400, "The content is no JSON.") from None
    rooted = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    for error in Draft202012Validator(rooted).iter_errors(value):
        raise HTTPException(422, f"{error.json_path}: breaks `{error.validator}`.")
    checked: dict[str, Any] = value
    return checked


def number(request: Request, name: str) -> int:
    """Return a query parameter, or its default, between the bounds that the document gives it."""
    (schema,) = (p["schema"] for p in DOCUMENT["paths"]["/loans"]["get"]["parameters"] if p["name"] == name)
    text = request.query_params.get(name, str(schema["default"]))
    valid = text.isascii() and text.isdigit() and len(text) < 20
    if not valid or not schema["minimum"] <= int(text) <= schema.get("maximum", int(text)):
        raise HTTPException(422, f"{name} is not what it has to be.")
    return int(text)


class Loans(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        library: Library = request.app.state.library
        found = library.of(caller(request), request.query_params.get("title"))
        page = library.page(found, number(request, "offset"), number(request, "limit"))
        return Answer({"results": page, "count": len(found)})

    async def post(self, request: Request) -> Response:
        borrower = caller(request)
        return Answer(request.app.state.library.borrow(borrower, **await content(request, "NewLoan")), 201)


class OneLoan(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return Answer(request.app.state.library.find(request.path_params["loan_id"], caller(request)))

    async def patch(self, request: Request) -> Response:
        library: Library = request.app.state.library
        loan = library.find(request.path_params["loan_id"], caller(request))
        library.change(loan, **await content(request, "LoanChange"))
        return Answer(loan)

    async def delete(self, request: Request) -> Response:
        library: Library = request.app.state.library
        del library.loans[library.find(request.path_params["loan_id"], caller(request))["id"]]
        return Response(status_code=204)


class Statistics(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        if caller(request) != LIBRARIAN:
            raise HTTPException(403, "That is for the librarian.")
        loans = request.app.state.library.loans.values()
        return Answer({"loans": len(loans), "borrowers": len({loan["borrower"] for loan in loans})})


class Status(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return Answer({"status": "ok"})


async def refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return Answer({"detail": problem.detail}, problem.status_code, headers=problem.headers)


async def broken(request: Request, problem: Exception) -> Response:
    return Answer({"detail": "Something went wrong here."}, 500)


class Framing:
    """Ends the connection behind a request with two framings (RFC 9112, section 6.1), which uvicorn leaves open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_in_doubt = {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope.get("headers", ())}

        async def send_last(message: Message) -> None:
            if is_in_doubt and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_last)


def create_app() -> Starlette:
    """Return the service, with the keys of LOANS_KEYS (name:key, name:key) and the defect of LOANS_DEFECT."""
    named = (pair.strip().partition(":") for pair in os.environ.get("LOANS_KEYS", "").split(",") if ":" in pair)
    defect = os.environ.get("LOANS_DEFECT", "")
    if defect not in DEFECTS:
        raise SystemExit(f"LOANS_DEFECT={defect} is none of {', '.join(DEFECTS[1:])}")
    paths = {"/status": Status, "/statistics": Statistics, "/loans": Loans, "/loans/{loan_id}": OneLoan}
    routes = [Mount("/v2", routes=[Route(path, endpoint) for path, endpoint in paths.items()])]
    handlers = {HTTPException: refused, Exception: broken}
    app = Starlette(routes=routes, exception_handlers=handlers, middleware=[Middleware(Framing)])
    app.router.redirect_slashes = False
    app.state.library = Library({key: name for name, _, key in named}, defect)
    return app
