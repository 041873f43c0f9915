"""Calls that a type checker must refuse; never run. Each wrong line names the code it is refused with."""

from bookplate_client import ApiError, Client
from bookplate_client.models.book import Book
from bookplate_client.models.user import User

client = Client("http://127.0.0.1/api", token="none")

Client()  # refused: call-arg
client.auth.register_user(email="ada@example.com", password="correct horse battery")  # refused: call-arg
client.books.get()  # refused: call-arg
client.books.get("7")  # refused: arg-type
client.books.list(page="1")  # refused: arg-type
client.books.list(sort="colour")  # refused: arg-type
client.books.list(colour="red")  # refused: call-arg
client.books.create(title="Dune", author="Frank Herbert")  # refused: call-arg
client.books.create(title="Dune", author="Frank Herbert", price=9.99)  # refused: arg-type
client.books.create(title="Dune", author="Frank Herbert", price="9.99", genre="cookery")  # refused: arg-type
client.users.update_me(display_name="Ada")  # refused: call-arg
lists = client.lists  # refused: attr-defined


def change(book: Book, user: User) -> None:
    client.books.update(user, price="1.00")  # refused: arg-type
    client.books.update(book, title=None)  # refused: arg-type
    client.books.update(book, colour="red")  # refused: call-arg
    print(book.titel)  # refused: attr-defined


def code(error: ApiError) -> None:
    number: int = error.code  # refused: assignment
    print(number)


def first() -> None:
    user: User = next(iter(client.books.list()))  # refused: assignment
    print(user)
