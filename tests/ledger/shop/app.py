"""A shop, written with Flask: everything stands in a wrapper, tokens follow the word Token, errors are lists of texts."""

import itertools
import json
import secrets
from typing import Any

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

CATEGORIES = ("tools", "toys", "books")
MEMBERS = ("name", "category", "price", "stock")


class Refusal(Exception):
    def __init__(self, status: int, said: str) -> None:
        self.status = status
        self.said = said


def answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def content(wrapper: str) -> dict[str, Any]:
    """Return what the wrapper of the content holds."""
    if request.mimetype != "application/json":
        raise Refusal(415, "send JSON")
    try:
        value = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refusal(400, "the content is no JSON") from None
    inner = value.get(wrapper) if isinstance(value, dict) else None
    if not isinstance(inner, dict):
        raise Refusal(422, f"{wrapper} is missing")
    return inner


def text(fields: dict[str, Any], name: str, least: int, most: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise Refusal(422, f"{name} has to be a text of {least} to {most} characters")
    return value


def whole(value: Any, name: str, most: int) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= most:
        raise Refusal(422, f"{name} has to be a number from 0 to {most}")
    return value


def number_asked(name: str, default: int, least: int, most: int) -> int:
    asked = request.args.get(name)
    if asked is None:
        return default
    if not asked.isascii() or not asked.isdigit() or len(asked) > 9 or not least <= int(asked) <= most:
        raise Refusal(422, f"{name} has to be a number from {least} to {most}")
    return int(asked)


class Shop:
    def __init__(self) -> None:
        self.users: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.ids = itertools.count(1)

    def caller(self) -> dict[str, str]:
        """Return who sent the request."""
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        email = self.tokens.get(token.strip())
        if word.lower() != "token" or email is None:
            raise Refusal(401, "sign in first")
        return self.users[email]

    def sign_up(self) -> Response:
        fields = content("user")
        email = text(fields, "email", 3, 100).lower()
        username, password = text(fields, "username", 3, 30), text(fields, "password", 8, 100)
        if email.count("@") != 1 or email.startswith("@") or email.endswith("@"):
            raise Refusal(422, "email is no address")
        if email in self.users or any(user["username"] == username for user in self.users.values()):
            raise Refusal(409, "that is taken")
        self.users[email] = {"email": email, "username": username, "password": password}
        return answer({"user": self.shown(self.users[email])}, 201)

    def shown(self, user: dict[str, str]) -> dict[str, str]:
        return {name: user[name] for name in ("email", "username")}

    def log_in(self) -> Response:
        fields = content("user")
        email, password = text(fields, "email", 1, 100).lower(), text(fields, "password", 1, 100)
        user = self.users.get(email)
        if user is None or user["password"] != password:
            raise Refusal(401, "email or password is wrong")
        token = secrets.token_hex(20)
        self.tokens[token] = email
        return answer({"user": {**self.shown(user), "token": token}})

    def log_out(self) -> Response:
        self.caller()
        self.tokens.pop(request.headers["Authorization"].partition(" ")[2].strip())
        return Response(status=204)

    def me(self) -> Response:
        return answer({"user": self.shown(self.caller())})

    def find(self, product_id: str) -> dict[str, Any]:
        number = int(product_id) if product_id.isascii() and product_id.isdigit() and len(product_id) < 10 else 0
        if number not in self.products:
            raise Refusal(404, "there is no such product")
        return self.products[number]

    def find_own(self, product_id: str) -> dict[str, Any]:
        user, product = self.caller(), self.find(product_id)
        if product["seller"] != user["username"]:
            raise Refusal(403, "that is not yours")
        return product

    def list_products(self) -> Response:
        offset, limit = number_asked("offset", 0, 0, 99999), number_asked("limit", 20, 1, 100)
        least = number_asked("minPrice", 0, 0, 1000000)
        category, wanted = request.args.get("category"), request.args.get("q", "").lower()
        if category is not None and category not in CATEGORIES:
            raise Refusal(422, "there is no such category")
        if len(wanted) > 80:
            raise Refusal(422, "q has up to 80 characters")
        found = [each for each in self.products.values() if each["price"] >= least]
        if category is not None:
            found = [each for each in found if each["category"] == category]
        if wanted:
            found = [each for each in found if wanted in each["name"].lower()]
        return answer({"products": found[offset : offset + limit], "productsCount": len(found)})

    def checked(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the members of a product that a client may set, in the form in which they are kept."""
        category = fields.get("category", "tools")
        if category not in CATEGORIES:
            raise Refusal(422, "there is no such category")
        return {
            "name": text(fields, "name", 1, 80),
            "category": category,
            "price": whole(fields.get("price"), "price", 1000000),
            "stock": whole(fields.get("stock", 0), "stock", 100000),
        }

    def add_product(self) -> Response:
        user = self.caller()
        sent = content("product")
        fields = self.checked(sent)
        product = {"id": next(self.ids), **fields, "seller": user["username"]}
        self.products[product["id"]] = product
        made = answer({"product": product}, 201)
        made.headers["Location"] = f"/api/products/{product['id']}"
        return made

    def get_product(self, product_id: str) -> Response:
        return answer({"product": self.find(product_id)})

    def replace_product(self, product_id: str) -> Response:
        product = self.find_own(product_id)
        fields = self.checked(content("product"))
        product.update(fields)
        return answer({"product": product})

    def change_product(self, product_id: str) -> Response:
        product = self.find_own(product_id)
        named = content("product")
        fields = self.checked({**product, **named})
        product.update(fields)
        return answer({"product": product})

    def delete_product(self, product_id: str) -> Response:
        product = self.find_own(product_id)
        del self.products[product["id"]]
        return Response(status=204)


def refused(problem: Refusal) -> Response:
    return answer({"errors": {"body": [problem.said]}}, problem.status)


def unknown(problem: HTTPException) -> Response:
    made = answer({"errors": {"body": [problem.name]}}, problem.code or 500)
    made.headers.extend(pair for pair in problem.get_headers() if pair[0] == "Allow")
    return made


def create_app() -> Any:
    app, shop = Flask("shop"), Shop()
    app.url_map.strict_slashes = True
    routes: dict[tuple[str, str], Any] = {
        ("POST", "/api/users"): shop.sign_up,
        ("POST", "/api/users/login"): shop.log_in,
        ("POST", "/api/users/logout"): shop.log_out,
        ("GET", "/api/user"): shop.me,
        ("GET", "/api/products"): shop.list_products,
        ("POST", "/api/products"): shop.add_product,
        ("GET", "/api/products/<product_id>"): shop.get_product,
        ("PUT", "/api/products/<product_id>"): shop.replace_product,
        ("PATCH", "/api/products/<product_id>"): shop.change_product,
        ("DELETE", "/api/products/<product_id>"): shop.delete_product,
    }
    for (method, path), view in routes.items():
        app.add_url_rule(path, view.__name__, view, methods=[method], provide_automatic_options=False)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, unknown)
    wsgi: Any = app.wsgi_app
    return WSGIMiddleware(wsgi)
