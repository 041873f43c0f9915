"""The peer: the same four operations as a small FastAPI service, written in that framework's own idiom."""

import time
from collections.abc import Iterator
from hashlib import blake2b
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .peer_shapes import BookInput, BookOutput, BookPage, ListQuery
from .peer_store import Book, LogIn, NewSession, User, now

# It guards a service that exists while the bench runs.
SECRET = "a secret of the benchmark's own, long enough for HS256"
AUDIENCE = "bookplate"
bearer = HTTPBearer(auto_error=False)
app = FastAPI(title="The peer")


def mint(user_id: int, session_id: int) -> str:
    """Sign an access token, good for an hour."""
    now = int(time.time())
    claims = {"sub": str(user_id), "sid": session_id, "aud": AUDIENCE, "iss": AUDIENCE, "iat": now, "exp": now + 3600}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def new_session() -> Iterator[Session]:
    """Lend a database session to a request."""
    with NewSession() as session:
        yield session


Database = Annotated[Session, Depends(new_session)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def find_caller(database: Database, credentials: Credentials) -> User | None:
    """Return who sent the token, if one was sent: its session must live and its account be active."""
    if credentials is None:
        return None
    refused = HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"], audience=AUDIENCE, issuer=AUDIENCE)
    except jwt.InvalidTokenError:
        raise refused from None
    query = select(User).join(LogIn, LogIn.user_id == User.id)
    user = database.scalar(query.where(LogIn.id == claims["sid"], User.id == int(claims["sub"]), User.active))
    if user is None:
        raise refused
    return user


Caller = Annotated[User | None, Depends(find_caller)]
Condition = Annotated[str | None, Header(alias="If-None-Match")]


@app.get("/api/books", response_model=BookPage)
def list_books(
    database: Database,
    caller: Caller,
    asked: Annotated[ListQuery, Query()],
    request: Request,
    condition: Condition = None,
) -> Response:
    """List books, page by page."""
    query = select(Book).where(*asked.conditions())
    total = database.scalar(select(func.count()).select_from(Book).where(*asked.conditions())) or 0
    window = query.order_by(Book.id).limit(asked.per_page).offset((asked.page - 1) * asked.per_page)
    return _tagged(BookPage.of(database.scalars(window).all(), total, asked, request.url.path), condition)


@app.get("/api/books/{book_id}", response_model=BookOutput)
def get_book(
    database: Database, caller: Caller, book_id: Annotated[int, Path(ge=1)], condition: Condition = None
) -> Response:
    """Read a book."""
    book = database.get(Book, book_id)
    if book is None:
        raise HTTPException(404)
    return _tagged(BookOutput.model_validate(book), condition)


@app.post("/api/books", status_code=201)
def create_book(database: Database, caller: Caller, content: BookInput, response: Response) -> BookOutput:
    """Add a book."""
    if caller is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    values = content.model_dump(exclude={"price"})
    book = Book(**values, price_cents=int(content.price.replace(".", "")), owner_id=caller.id)
    database.add(book)
    try:
        database.commit()
    except IntegrityError:
        raise HTTPException(409) from None
    response.headers["Location"] = f"/api/books/{book.id}"
    return BookOutput.model_validate(book)


@app.put("/api/books/{book_id}", response_model=BookOutput)
def replace_book(
    database: Database,
    caller: Caller,
    book_id: Annotated[int, Path(ge=1)],
    content: BookInput,
    condition: Annotated[str | None, Header(alias="If-Match")] = None,
) -> Response:
    """Replace a book that the caller has seen."""
    if caller is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    book = database.get(Book, book_id)
    if book is None:
        raise HTTPException(404)
    if book.owner_id != caller.id:
        raise HTTPException(403)
    if condition is None:
        raise HTTPException(428)
    if condition not in ("*", _tagged(BookOutput.model_validate(book), None).headers["etag"]):
        raise HTTPException(412)
    for name, value in content.model_dump(exclude={"price"}).items():
        setattr(book, name, value)
    book.price_cents = int(content.price.replace(".", ""))
    book.version += 1
    book.updated_at = now()
    try:
        database.commit()
    except IntegrityError:
        raise HTTPException(409) from None
    return _tagged(BookOutput.model_validate(book), None)


def _tagged(content: BaseModel, condition: str | None) -> Response:
    """Answer with the bytes that pydantic writes and their ETag, or with 304 for who already has them."""
    body = content.model_dump_json().encode()
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    if condition == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})
