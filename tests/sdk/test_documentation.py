"""The examples of docs/how-to/use-the-sdks.md pass the checkers and do what they say, against the reference."""

import re

import pytest
from bookplate_client import Client
from bookplate_client.api.auth import register_user
from bookplate_client.models import User, UserInput

from sdk.generate import NODE, run
from tests.sdk.answers import expect
from tests.sdk.conftest import documented_example

DOCUMENTED_URL = "http://127.0.0.1:8080/api"
BOOK_AND_ETAG = re.compile(r'\d+ "?[^"]+"?\n')


@pytest.fixture(scope="module", autouse=True)
def ada(base_url: str) -> None:
    """Open the account that the examples sign in to."""
    body = UserInput(email="ada@example.com", username="ada", password="correct horse battery")
    with Client(base_url=base_url) as client:
        expect(User, 201, register_user.sync_detailed(client=client, body=body))


def test_the_python_example_creates_a_book(base_url: str) -> None:
    example = documented_example("python").replace(DOCUMENTED_URL, base_url)
    assert BOOK_AND_ETAG.fullmatch(run("python", "-c", example))


@pytest.mark.usefixtures("compiled_typescript")
def test_the_typescript_example_creates_a_book(base_url: str) -> None:
    example = (NODE / "js" / "node" / "documented.js").read_text(encoding="utf-8").replace(DOCUMENTED_URL, base_url)
    served = NODE / "js" / "node" / "served.js"
    served.write_text(example, encoding="utf-8")
    assert BOOK_AND_ETAG.fullmatch(run("node", str(served)))
