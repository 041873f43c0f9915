"""Accounts, sessions and books for tests, each with names that no other test has."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

from .reference_server import Server
from .wire import Answer, Client

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)
Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A registered user with a session."""

    client: Client
    email: str
    user: Json
    tokens: Json

    def again(self) -> "Person":
        """Return the same user with one more session."""
        return sign_in(self.client, self.email, self.user)

    def me(self) -> Answer:
        """Read the user who asks."""
        return self.client.ask("GET", "/api/users/me")


def unused_name(stem: str = "reader") -> str:
    """Return a name that nothing has yet."""
    return f"{stem}-{next(_numbers)}"


def new_person(client: Client) -> Person:
    """Register a user and log in."""
    name = unused_name()
    content = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    answer = client.ask("POST", "/api/auth/register", content)
    assert answer.status == 201, answer
    return sign_in(client, content["email"], answer.json())


def new_admin(server: Server, client: Client) -> Person:
    """Register a user who may do everything; the role stands in the store alone."""
    admin = new_person(client)
    server.execute("UPDATE users SET role = 'admin' WHERE id = ?", admin.user["id"])
    return admin


def sign_in(client: Client, email: str, user: Json) -> Person:
    """Open a session of a user."""
    answer = log_in(client, email)
    assert answer.status == 200, answer
    tokens = answer.json()
    return Person(replace(client, token=tokens["access_token"]), email, user, tokens)


def log_in(client: Client, email: str, password: str = PASSWORD) -> Answer:
    """Ask for a session."""
    return client.ask("POST", "/api/auth/login", {"email": email, "password": password})


def refresh(client: Client, token: str) -> Answer:
    """Ask for the next pair of tokens."""
    return replace(client, token=None).ask("POST", "/api/auth/refresh", {"refresh_token": token})


def book(**changes: Any) -> Json:
    """Return the content of a new book."""
    return {"title": unused_name("Dune"), "author": "Frank Herbert", "price": "9.99"} | changes


def add_book(client: Client, **changes: Any) -> Answer:
    """Add a book and expect that to work."""
    answer = client.ask("POST", "/api/books", book(**changes))
    assert answer.status == 201, answer
    return answer


def isbn_13(number: int) -> str:
    """Return the valid ISBN-13 with this number."""
    twelve = f"978{number:09d}"
    check = -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10
    return f"{twelve}{check}"


def isbn_10(isbn: str) -> str:
    """Return the ISBN-10 that stands for the same book as an ISBN-13."""
    nine = isbn[3:12]
    check = -sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
    return f"{nine}{'X' if check == 10 else check}"
