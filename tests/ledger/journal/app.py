"""A journal, written with FastAPI: its document is the one that the framework writes, with nothing added by hand."""

import base64
import datetime
import itertools
import json
import re
import secrets
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

FIRST_USERS = {"grace": "compiler-of-grace", "edsger": "shortest-path-1959"}
Text = Annotated[str, Field(min_length=1, max_length=500)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Mood(StrEnum):
    calm = "calm"
    glad = "glad"
    sad = "sad"


class NewUser(Strict):
    username: Annotated[str, Field(min_length=3, max_length=30, pattern="^[a-z0-9]+$")]
    password: Annotated[str, Field(min_length=8, max_length=64)]


class Profile(Strict):
    display_name: Annotated[str, Field(min_length=1, max_length=60)]


class User(BaseModel):
    username: str
    display_name: str
    role: str


class Token(BaseModel):
    access_token: str
    token_type: str


def as_written(value: Any) -> Any:
    """Refuse what is no date of ten characters, such as a number of seconds, which pydantic takes for a date."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a date is written 2026-05-01")
    return value


class NewEntry(Strict):
    text: Text
    day: Annotated[datetime.date, BeforeValidator(as_written), Field(strict=False)]
    mood: Annotated[Mood, Field(strict=False)] = Mood.calm


class Entry(BaseModel):
    id: int
    text: Text
    day: datetime.date
    week_ends: datetime.date | None
    mood: Mood


class Feed(BaseModel):
    entries: list[Entry]
    next: str | None


class Error(BaseModel):
    detail: str


class Journal:
    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.profiles: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.entries: dict[int, dict[str, Any]] = {}
        self.ids = itertools.count(1)

    def begin(self) -> None:
        """Forget everything but the first users."""
        for kept in (self.passwords, self.profiles, self.tokens, self.entries):
            kept.clear()
        self.ids = itertools.count(1)
        for name, password in FIRST_USERS.items():
            self.add(name, password)

    def add(self, name: str, password: str) -> dict[str, str]:
        self.passwords[name] = password
        self.profiles[name] = {"username": name, "display_name": name, "role": "writer"}
        return self.profiles[name]


def week_end(day: datetime.date) -> datetime.date | None:
    """Return the Sunday of the week; None where the calendar ends before it."""
    left = 6 - day.weekday()
    if (datetime.date.max - day).days < left:
        return None
    return day + datetime.timedelta(days=left)


def shown(entry: dict[str, Any]) -> dict[str, Any]:
    members = {name: value for name, value in entry.items() if name != "writer"}
    return {**members, "week_ends": week_end(entry["day"])}


def cursor_of(entry: dict[str, Any]) -> str:
    text = json.dumps([entry["day"].isoformat(), entry["id"]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime.date, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        day, number = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = datetime.date.fromisoformat(day), number
    except (ValueError, TypeError):
        raise HTTPException(400, "That is no cursor of ours.") from None
    if type(number) is not int or cursor_of({"day": place[0], "id": number}) != cursor:
        raise HTTPException(400, "That is no cursor of ours.")
    return place


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Error} for status in statuses}


class HeadAsGet:
    """Answers HEAD as GET, which the framework leaves to the application; the server leaves the content out."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        method = "GET" if scope.get("method") == "HEAD" else scope.get("method")
        await self.app({**scope, "method": method}, receive, send)


app = FastAPI(title="Journal", version="0.3.0")
app.add_middleware(HeadAsGet)
journal = Journal()
bearer = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: Annotated[str, Depends(bearer)]) -> str:
    name = journal.tokens.get(token)
    if name is None:
        raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    return name


Caller = Annotated[str, Depends(current_user)]
EntryId = Annotated[int, Path(ge=1, le=999999999)]


def own(entry_id: int, caller: str) -> dict[str, Any]:
    entry = journal.entries.get(entry_id)
    if entry is None or entry["writer"] != caller:
        raise HTTPException(404, "There is no such entry.")
    return entry


@app.post("/users", status_code=201, response_model=User, responses=answers(400, 409))
def sign_up(user: NewUser) -> Any:
    if user.username in journal.passwords:
        raise HTTPException(409, "That name is taken.")
    return journal.add(user.username, user.password)


@app.post("/token", response_model=Token, responses=answers(400))
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Any:
    if form.username not in journal.passwords or journal.passwords[form.username] != form.password:
        raise HTTPException(400, "Incorrect username or password")
    token = secrets.token_urlsafe(24)
    journal.tokens[token] = form.username
    return {"access_token": token, "token_type": "bearer"}


@app.get("/me", response_model=User, responses=answers(401))
def get_me(caller: Caller) -> Any:
    return journal.profiles[caller]


@app.patch("/me", response_model=User, responses=answers(400, 401))
def change_me(profile: Profile, caller: Caller) -> Any:
    """Change the name that is shown."""
    journal.profiles[caller].update(profile.model_dump())
    return journal.profiles[caller]


@app.delete("/me", status_code=204, responses=answers(401))
def delete_me(caller: Caller) -> None:
    """Delete the account with all its entries. Its tokens open nothing afterwards."""
    for token in [token for token, name in journal.tokens.items() if name == caller]:
        del journal.tokens[token]
    del journal.passwords[caller]
    for number in [number for number, entry in journal.entries.items() if entry["writer"] == caller]:
        del journal.entries[number]


@app.get("/entries", response_model=Feed, responses=answers(400, 401))
def list_entries(
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    after: Annotated[str | None, Query(description="The `next` of the page before.", max_length=200)] = None,
    mood: Annotated[Mood | None, Query(description="Entries of this mood alone.")] = None,
) -> Any:
    """Your entries, those of the latest day first; of one day, the last one first."""
    found = [entry for entry in journal.entries.values() if entry["writer"] == caller]
    found = [entry for entry in found if mood is None or entry["mood"] == mood]
    found.sort(key=lambda entry: (entry["day"], entry["id"]), reverse=True)
    if after is not None:
        place = place_of(after)
        found = [entry for entry in found if (entry["day"], entry["id"]) < place]
    page = found[:limit]
    following = cursor_of(page[-1]) if len(found) > limit else None
    return {"entries": [shown(entry) for entry in page], "next": following}


@app.post("/entries", status_code=201, response_model=Entry, responses=answers(400, 401))
def add_entry(new: NewEntry, caller: Caller) -> Any:
    number = next(journal.ids)
    entry = {"id": number, **new.model_dump(), "writer": caller}
    journal.entries[number] = entry
    return shown(entry)


@app.get("/entries/{entry_id}", response_model=Entry, responses=answers(401, 404))
def get_entry(entry_id: EntryId, caller: Caller) -> Any:
    """One of your entries; those of others are not there for you."""
    entry = own(entry_id, caller)
    return shown(entry)


@app.put("/entries/{entry_id}", response_model=Entry, responses=answers(400, 401, 404))
def replace_entry(entry_id: EntryId, new: NewEntry, caller: Caller) -> Any:
    entry = own(entry_id, caller)
    entry.update(new.model_dump())
    return shown(entry)


@app.delete("/entries/{entry_id}", status_code=204, responses=answers(401, 404))
def delete_entry(entry_id: EntryId, caller: Caller) -> Response:
    del journal.entries[own(entry_id, caller)["id"]]
    return Response(status_code=204)


@app.exception_handler(RequestValidationError)
def invalid(request: Any, problem: RequestValidationError) -> JSONResponse:
    """Say where and what, without the value: some values cannot be written as JSON."""
    errors = [{"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]} for each in problem.errors()]
    return JSONResponse({"detail": json.loads(json.dumps(errors).encode("ascii"))}, 422)


@app.exception_handler(405)
def wrong_method(request: Request, problem: HTTPException) -> JSONResponse:
    """Name all methods of the path: the framework names those of the first route alone."""
    routes = [each for each in app.routes if isinstance(each, APIRoute) and each.path_regex.match(request.url.path)]
    methods = {method for each in routes for method in each.methods or ()}
    allowed = methods | {"HEAD"} if "GET" in methods else methods
    return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": ", ".join(sorted(allowed))})


def create_app() -> FastAPI:
    """Return the application with an empty journal."""
    journal.begin()
    return app
