"""Calls that a type checker must refuse; never run. Each wrong line names the code it is refused with."""

from bookplate_client import AuthenticatedClient
from bookplate_client.api.auth import register_user
from bookplate_client.api.books import create_book, get_book, list_books, update_book
from bookplate_client.models import BookInput, BookPatch, Credentials, Genre, Problem, ProblemCode

client = AuthenticatedClient(base_url="http://127.0.0.1/api", token="none")
credentials = Credentials(email="ada@example.com", password="correct horse battery")
patch = BookPatch(price="1.00")

register_user.sync_detailed(client=client, body=credentials)  # refused: arg-type
get_book.sync_detailed(client=client)  # refused: call-arg
get_book.sync_detailed("7", client=client)  # refused: arg-type
list_books.sync_detailed(client=client, page="1")  # refused: arg-type
list_books.sync_detailed(client=client, sort="title")  # refused: arg-type
list_books.sync_detailed(client=client, colour="red")  # refused: call-arg
update_book.sync_detailed(7, client=client, body=patch)  # refused: call-arg
create_book.sync_detailed(client=client, body=patch)  # refused: arg-type

BookInput(title="Dune", author="Frank Herbert")  # refused: call-arg
BookInput(title="Dune", author="Frank Herbert", price=9.99)  # refused: arg-type
BookInput(title="Dune", author="Frank Herbert", price="9.99", genre="cookery")  # refused: arg-type
BookPatch(title=None)  # refused: arg-type
cookery = Genre.COOKERY  # refused: attr-defined


def title(answer: Problem) -> ProblemCode:
    return answer.title  # refused: return-value
