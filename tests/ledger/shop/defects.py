"""The shop: twelve defects."""

from typing import Any

import httpx

from ..defect import Ledger, member

LEDGER = Ledger()
PASSWORD = "a long password 1"


def signed_in(web: httpx.Client, name: str, password: str = PASSWORD) -> dict[str, str]:
    """Open an account, sign in, and return the header field that says so."""
    email = f"{name}@example.com"
    web.post("/api/users", json={"user": {"email": email, "username": name, "password": password}})
    return log_in(web, email, password)


def log_in(web: httpx.Client, email: str, password: str) -> dict[str, str]:
    answer = web.post("/api/users/login", json={"user": {"email": email, "password": password}})
    return {"Authorization": f"Token {member(answer, 'user', 'token')}"}


def offered(web: httpx.Client, user: dict[str, str], **members: Any) -> Any:
    """Offer a product, and return it as the answer shows it."""
    product = {"name": "a hammer", "price": 500, **members}
    return member(web.post("/api/products", json={"product": product}, headers=user), "product")


def found(web: httpx.Client, **query: Any) -> list[int]:
    return [each["id"] for each in member(web.get("/api/products", params=query), "products")]


@LEDGER.defect(
    "PATCH does not ask whose product it is.",
    "Document: only the seller of a product may change or delete it.",
    (
        "product = self.find_own(product_id)\n        named",
        "self.caller()\n        product = self.find(product_id)\n        named",
    ),
)
def patch_by_anybody(web: httpx.Client) -> bool:
    product = offered(web, signed_in(web, "ada"))
    change = web.patch(f"/api/products/{product['id']}", json={"product": {"price": 1}}, headers=signed_in(web, "ben"))
    return change.status_code == 403


@LEDGER.defect(
    "The total counts the products of the page.",
    "Document: productsCount counts all that match, on whatever page.",
    ('"productsCount": len(found)', '"productsCount": len(found[offset : offset + limit])'),
)
def total_of_the_page(web: httpx.Client) -> bool:
    user = signed_in(web, "ada")
    for _ in range(3):
        offered(web, user)
    return bool(member(web.get("/api/products", params={"limit": 2}), "productsCount") == 3)


@LEDGER.defect(
    "The lower bound of the price leaves the bound itself out.",
    "Document, minPrice: products that cost this much or more.",
    ('each["price"] >= least]', 'each["price"] > least or not least]'),
)
def bound_left_out(web: httpx.Client) -> bool:
    product = offered(web, signed_in(web, "ada"), price=700)
    return product["id"] in found(web, minPrice=700)


@LEDGER.defect(
    "The search takes case into account.",
    "Document, q: products whose name contains this text, in any case.",
    ('wanted in each["name"].lower()', 'wanted in each["name"]'),
)
def search_by_case(web: httpx.Client) -> bool:
    product = offered(web, signed_in(web, "ada"), name="Big Hammer")
    return found(web, q="big hammer") == [product["id"]]


@LEDGER.defect(
    "PATCH sets members that it does not name to their defaults.",
    "Document: changes the members that are named, and no others.",
    (
        "self.checked({**product, **named})",
        'self.checked({"name": product["name"], "price": product["price"], **named})',
    ),
)
def patch_resets_others(web: httpx.Client) -> bool:
    user = signed_in(web, "ada")
    product = offered(web, user, stock=7, category="toys")
    answer = web.patch(f"/api/products/{product['id']}", json={"product": {"price": 1}}, headers=user)
    return bool(member(answer, "product") == {**product, "price": 1})


@LEDGER.defect(
    "A token opens everything after its session was ended.",
    "Document: the token opens nothing afterwards.",
    ('self.tokens.pop(request.headers["Authorization"].partition(" ")[2].strip())', "pass"),
)
def token_outlives_log_out(web: httpx.Client) -> bool:
    user = signed_in(web, "ada")
    web.post("/api/users/logout", headers=user)
    return web.get("/api/user", headers=user).status_code == 401


@LEDGER.defect(
    "A product may be offered in the name of another seller.",
    "Document: its seller is the caller.",
    ('"seller": user["username"]}', '"seller": sent.get("seller", user["username"])}'),
)
def seller_from_content(web: httpx.Client) -> bool:
    return bool(offered(web, signed_in(web, "ada"), seller="ben")["seller"] == "ada")


@LEDGER.defect(
    "Only the first eight characters of a password count.",
    "Document: gives a token for an email and its password.",
    ('user["password"] != password', 'user["password"][:8] != password[:8]'),
)
def password_is_cut(web: httpx.Client) -> bool:
    signed_in(web, "ada")
    user = {"email": "ada@example.com", "password": PASSWORD[:-1] + "x"}
    return web.post("/api/users/login", json={"user": user}).status_code == 401


@LEDGER.defect(
    "An email in another case opens a second account.",
    "Document: an email has one account, in whatever case it is written.",
    ('text(fields, "email", 3, 100).lower()', 'text(fields, "email", 3, 100)'),
    ('text(fields, "email", 1, 100).lower()', 'text(fields, "email", 1, 100)'),
)
def email_by_case(web: httpx.Client) -> bool:
    signed_in(web, "ada")
    again = {"email": "ADA@example.com", "username": "another", "password": PASSWORD}
    return web.post("/api/users", json={"user": again}).status_code == 409


@LEDGER.defect(
    "The search takes its text for a regular expression, and fails where it is none.",
    "Document: list_products answers 200 or 422. RFC 9110, 15.6.1: a 500 is an unexpected condition of the server.",
    ('wanted in each["name"].lower()', '__import__("re").search(wanted, each["name"].lower())'),
)
def search_crashes(web: httpx.Client) -> bool:
    offered(web, signed_in(web, "ada"))
    return web.get("/api/products", params={"q": "("}).status_code == 200


@LEDGER.defect(
    "A deleted product stays in the list.",
    "Document: it is found nowhere afterwards.",
    (
        "        self.ids = itertools.count(1)\n",
        "        self.ids = itertools.count(1)\n        self.gone: set[int] = set()\n",
    ),
    ('del self.products[product["id"]]', 'self.gone.add(product["id"])'),
    ("if number not in self.products:", "if number not in self.products or number in self.gone:"),
)
def deleted_is_listed(web: httpx.Client) -> bool:
    user = signed_in(web, "ada")
    product = offered(web, user)
    web.delete(f"/api/products/{product['id']}", headers=user)
    return web.get(f"/api/products/{product['id']}").status_code == 404 and found(web) == []


@LEDGER.defect(
    "A failed log-in has an error of another form.",
    "Document, 401 of log_in: errors/body has what is wrong, as texts.",
    (
        'raise Refusal(401, "email or password is wrong")',
        'return answer({"error": "email or password is wrong"}, 401)',
    ),
)
def other_error_at_log_in(web: httpx.Client) -> bool:
    user = {"email": "nobody@example.com", "password": PASSWORD}
    return "errors" in web.post("/api/users/login", json={"user": user}).json()
