"""The programs of docs/how-to/use-the-sdks.md are short, and do what they say, against the reference."""

import re

import pytest
from bookplate_client import Client

from sdk.generate import run
from tests.sdk.conftest import CHECKS, documented_examples
from tests.sdk.server import ACCESS_TOKEN_SECONDS

LINES = 10
DOCUMENTED_URL = "http://127.0.0.1:8080/api"
DOCUMENTED_SECONDS = "601"  # one more than the contract lets a token live
# What each program prints, in the order of the page.
ALIKE = [r"412 precondition_failed [A-Za-z0-9._-]{8,64}\n8\.99\n"]
PRINTED_BY_PYTHON = [r"(\d+ Volume \d\n){7}3 pages\n", *ALIKE, r"4 searches\n", r"Ada Example\n"]
PRINTED_BY_TYPESCRIPT = [
    r"(\d+ [A-Z][A-Za-z ]+\n){7}1 of 3\n2 of 3\n3 of 3\n",
    *ALIKE,
    r"1 searches\n2 searches\n3 searches\n4 searches\n",
    r"Ada Example\n",
]


@pytest.fixture(scope="module", autouse=True)
def ada(base_url: str) -> None:
    """Open the account that the examples sign in to."""
    with Client(base_url) as client:
        client.auth.register_user(
            email="ada@example.com", username="ada", password="correct horse battery", display_name="Ada Example"
        )


@pytest.mark.parametrize(("number", "printed"), list(enumerate(PRINTED_BY_PYTHON)))
def test_each_python_program_does_what_it_says(base_url: str, number: int, printed: str) -> None:
    example = documented_examples("python")[number]
    assert lines(example) <= LINES
    assert re.fullmatch(printed, run("python", "-c", served(example, base_url)))


@pytest.mark.usefixtures("compiled_typescript")
@pytest.mark.parametrize(("number", "printed"), list(enumerate(PRINTED_BY_TYPESCRIPT)))
def test_each_typescript_program_does_what_it_says(base_url: str, number: int, printed: str) -> None:
    assert lines(documented_examples("ts")[number]) <= LINES
    example = (CHECKS / "js" / f"documented_{number}.js").read_text(encoding="utf-8")
    file = CHECKS / "js" / f"served_{number}.js"
    file.write_text(served(example, base_url), encoding="utf-8")
    assert re.fullmatch(printed, run("node", str(file)))


def test_no_program_is_left_out() -> None:
    assert len(documented_examples("python")) == len(PRINTED_BY_PYTHON)
    assert len(documented_examples("ts")) == len(PRINTED_BY_TYPESCRIPT)


def lines(example: str) -> int:
    """Return how many lines of a program have something on them."""
    return len([line for line in example.splitlines() if line])


def served(example: str, base_url: str) -> str:
    """Return a program that asks the reference, whose tokens expire sooner."""
    return example.replace(DOCUMENTED_URL, base_url).replace(DOCUMENTED_SECONDS, str(ACCESS_TOKEN_SECONDS + 1))
