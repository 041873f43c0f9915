"""The command line that a report shows: as it was typed, without the secrets in it."""

import shlex

import pytest

from bookplate.cli import main
from bookplate.options import shown


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["http://x", "--fast"], ["http://x", "--fast"]),
        (["x", "--bearer", "s3cret"], ["x", "--bearer", "$TOKEN"]),
        (["x", "--bearer=s3cret"], ["x", "--bearer=$TOKEN"]),
        (["x", "--auth", "ada:s3cret", "-q"], ["x", "--auth", "$AUTH", "-q"]),
        (["x", "-H", "X-Key: s3cret"], ["x", "-H", "X-Key: $X_KEY"]),
        (["x", "-HX-Key: s3cret"], ["x", "-HX-Key: $X_KEY"]),
        (["x", "--header=X-Key: s3cret"], ["x", "--header=X-Key: $X_KEY"]),
        (["x", "--bearer", "$MINE", "--auth=@file"], ["x", "--bearer", "$MINE", "--auth=@file"]),
        (["./server --port {port}"], ["./server --port {port}"]),
        (["x", "-qHX-Key: s3cret"], ["x", "-qHX-Key: $X_KEY"]),
        (["x", "-qH", "X-Key: s3cret"], ["x", "-qH", "X-Key: $X_KEY"]),
    ],
)
def test_no_secret_is_shown(typed: list[str], told: list[str]) -> None:
    words = shlex.split(shown(typed))

    assert words[-len(told) :] == told
    assert words[-len(told) - 1].endswith("bookplate")
    assert "s3cret" not in shown(typed)


@pytest.mark.parametrize("address", ["http://ada:s3cret@127.0.0.1:9", "https://ada@127.0.0.1:9/v1?x=1"])
def test_an_address_with_credentials_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It would stand in every report, and in each script that a report shows."""
    assert main([address]) == 2

    told = capsys.readouterr().err
    assert told == (
        "bookplate: the address of the target holds a user or a password: give them by --auth USER:PASSWORD\n"
    )
