"""An exchange is shown as it was, and what is cut is said."""

from typing import Any

from bookplate.report.exchange_text import answer_lines, at_servers, request_lines


def exchange(body: str = "", status: int = 200, **more: Any) -> dict[str, Any]:
    """Return an exchange as a report has it."""
    message = {"headers": [["Content-Type", "application/json"]], "bytes": len(body.encode()), "body": body}
    sent = {"headers": [["Host", "x"], ["Accept", "*/*"], ["If-Match", '"1"']], "bytes": 0, "body": ""}
    url = "${BASE}/api/books/2?page=1"
    return {"method": "PUT", "url": url, "status": status, "sent": sent, "received": message} | more


def test_the_request_is_shown_without_what_belongs_to_the_connection() -> None:
    assert request_lines(exchange()) == ["PUT /api/books/2?page=1", 'If-Match: "1"']


def test_short_content_is_shown_as_it_came() -> None:
    assert answer_lines(exchange('{"id": 2}')) == ["200 OK", "Content-Type: application/json", "", '{"id": 2}']


def test_long_json_has_a_line_for_each_member_and_says_what_is_cut() -> None:
    body = '{"items": [' + ", ".join(f'{{"id": {number}}}' for number in range(200)) + "]}"

    lines = answer_lines(exchange(body))

    assert lines[3:6] == ["{", '  "items": [', "    {"]
    assert lines[-1] == f"... (cut: {len(body):,} bytes in all; report.json has more)"
    assert len(lines) < 40


def test_a_long_field_says_how_much_is_cut() -> None:
    lines = request_lines(exchange(sent={"headers": [["X", "y" * 500]], "bytes": 0, "body": ""}))

    assert lines[1].startswith("X: yyy")
    assert lines[1].endswith("... (343 more characters)")


def test_content_that_is_not_kept_is_told_by_its_length() -> None:
    received = {"headers": [], "bytes": 300_000, "body": ""}

    assert answer_lines(exchange(received=received))[-1] == "... (cut: 300,000 bytes in all; report.json has more)"


def test_no_answer_and_an_unknown_status_are_told() -> None:
    bare = {"method": "GET", "url": "http://127.0.0.1:1/a", "status": 0}

    assert (request_lines(bare), answer_lines(bare)) == (["GET /a"], ["no answer"])
    assert answer_lines(bare | {"status": 599}) == ["599"]


def test_a_replica_is_named_where_one_of_several_was_asked() -> None:
    first, second = ({"method": "GET", "url": f"${{{name}}}/a", "status": 200} for name in ("BASE", "BASE_2"))

    assert request_lines(second) == ["GET /a"]
    assert at_servers([first], [first, first]) == ""
    assert at_servers([first], [first, second]) == " at BASE"
    assert at_servers([second, first, second], [first, second]) == " at BASE_2 and BASE"
    assert at_servers([{"url": "http://elsewhere/a"}], [first, second]) == ""
