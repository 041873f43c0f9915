"""Scripts show a failure, hold no secret, and bring along what they need."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bookplate.wire.exchange import Exchange
from bookplate.wire.script import Script, at_once

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
BASE = "http://127.0.0.1:8000"


def exchange(method: str, path: str, *headers: tuple[str, str], body: bytes = b"", answer: bytes = b"{}") -> Exchange:
    return Exchange(None, method, BASE + path, list(headers), body, 200, [], answer)


def test_curl_has_no_token_in_header_body_or_url() -> None:
    sent = exchange("PUT", f"/a?t={TOKEN}", ("Authorization", f"Bearer {TOKEN}"), body=f'{{"t":"{TOKEN}"}}'.encode())

    line = sent.curl({TOKEN: "$TOKEN_A"})

    assert TOKEN not in line
    assert line.count("$TOKEN_A") == 3


def test_curl_replaces_a_short_value_only_where_it_stands_alone() -> None:
    line = exchange("GET", "/notes/7/parts/77?page=7").curl({"7": "$ITEM"})

    assert "/notes/$ITEM/parts/77?page=7" in line


def test_curl_quotes_what_a_shell_would_read() -> None:
    line = exchange("POST", "/a", body=b'it\'s $HOME `date` "x"').curl()
    said = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)

    assert 'it\'s $HOME `date` "x"' in said.stdout


def test_bytes_that_are_no_text_are_written_by_printf() -> None:
    content = b"--part\r\n\x89PNG\x00\xff '%s' \\n$HOME `date`" + TOKEN.encode()

    line = exchange("POST", "/a", body=content).curl({TOKEN: "$TOKEN_A"})
    command = line.partition("|")[0]
    said = subprocess.run(["sh", "-c", command], capture_output=True, check=True, env={"TOKEN_A": "mine"})

    assert TOKEN not in line
    assert line.endswith("--data-binary @-")
    assert said.stdout == content.replace(TOKEN.encode(), b"mine")


def test_a_script_sends_first_what_its_variables_come_from() -> None:
    script = Script()
    script.define_server(BASE, "http://localhost:8000")
    register = exchange("POST", "/register", body=b"ada")
    log_in = exchange("POST", "/login", body=b"ada")
    script.take("TOKEN_A", TOKEN, "/token", register, log_in)
    script.take("TOKEN_B", "nobody uses this one", "/token", exchange("POST", "/unused"))

    shown = script.show([exchange("GET", "/me", ("Authorization", f"Bearer {TOKEN}"))])

    assert TOKEN not in shown
    assert "/unused" not in shown
    assert shown.index("/register") < shown.index("/login") < shown.index("TOKEN_A=") < shown.index("/me")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
def test_a_script_takes_values_from_bodies_and_headers() -> None:
    script = Script()
    log_in = exchange("POST", "/login")
    script.take("TOKEN_A", TOKEN, "/tokens/0/access", log_in)
    script.take("TAG", '"seven"', "etag", log_in)
    shown = script.show([exchange("GET", "/me", ("Authorization", f"Bearer {TOKEN}"), ("If-Match", '"seven"'))])
    answer = 'HTTP/1.1 200 OK\\r\\nETag: "8"\\r\\n\\r\\n{"tokens": [{"access": "fresh"}]}'
    curl = f"""curl() {{ case "$*" in */me*) echo "HTTP/1.1 200 $*";; *) printf '{answer}';; esac; }}"""

    said = subprocess.run(["bash", "-c", f"{curl}\n{shown}"], capture_output=True, text=True, check=True).stdout

    assert "Authorization: Bearer fresh" in said
    assert 'If-Match: "8"' in said


def test_a_step_that_is_shown_is_sent_once_and_in_its_place() -> None:
    script = Script()
    made = exchange("POST", "/notes", answer=b'{"id": 7}')
    read = exchange("GET", "/notes/7")
    script.take("NOTE", "7", "/id", made)
    gone = exchange("DELETE", "/notes/7")

    lines = script.show([made, read, gone]).splitlines()

    assert [line.partition(" --path")[0] for line in lines if "curl" in line] == ["ANSWER=$(curl -sSi"] * 3
    assert "NOTE=$(take /id)" in lines
    assert lines.count("shown 200") == 3


def test_a_value_has_the_name_that_it_had_when_it_was_sent() -> None:
    script = Script()
    first, second = exchange("GET", "/a"), exchange("PUT", "/a", ("If-Match", '"one-and-the-same"'))
    again = exchange("GET", "/a")
    script.take("ETAG_1", '"one-and-the-same"', "etag", first)
    script.take("ETAG_2", '"one-and-the-same"', "etag", again)

    shown = script.show([second])

    assert "If-Match: ${ETAG_1}" in shown
    assert "ETAG_2" not in shown


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
def test_what_comes_next_is_counted_on() -> None:
    script = Script()
    made = exchange("POST", "/notes", answer=b'{"id": 7}')
    script.take("NOTE", "7", "/id", made)
    script.count_on(7, made)
    shown = script.show([exchange("GET", "/notes/8")])
    curl = """curl() { case "$*" in */8*|*/42*) echo "HTTP/1.1 200 $*";; *) printf 'HTTP/1.1 200 Made\\r\\n\\r\\n{"id": 41}';; esac; }"""

    said = subprocess.run(["bash", "-c", f"{curl}\n{shown}"], capture_output=True, text=True, check=True).stdout

    assert "/notes/42" in said


SH = pytest.mark.skipif(shutil.which("sh") is None or shutil.which("curl") is None, reason="needs a shell and curl")


def played(script: str, curl: str) -> subprocess.CompletedProcess[str]:
    """Run a script with a function in place of curl."""
    return subprocess.run(["sh", "-c", f"{curl}\n{script}"], capture_output=True, text=True, check=False)


def answered(status: int, *exchanges: Exchange) -> list[Exchange]:
    return [replace(each, status=status) for each in exchanges]


@SH
def test_a_script_stops_at_the_first_step_that_is_answered_otherwise() -> None:
    script = Script()
    made = exchange("POST", "/notes", answer=b'{"id": 7}')
    script.take("NOTE", "7", "/id", made)
    curl = "curl() { printf 'HTTP/1.1 403 Forbidden\\r\\n\\r\\nnobody may'; }"

    done = played(script.show([exchange("DELETE", "/notes/7")]), curl)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "nobody may" in done.stderr
    assert done.stderr.endswith("this request was answered 403 here, and 200 in the run\n")


@SH
def test_a_script_without_a_server_says_how_to_start_one() -> None:
    script = Script()
    script.start = "bookplate serve 'a b' --limits relaxed"
    script.define_server(BASE, "http://127.0.0.1:9")

    done = played(script.show([exchange("GET", "/notes")]), "")

    assert done.returncode == 1
    assert done.stderr == f"no server at http://127.0.0.1:9: start it with  {script.start}\n"


@SH
def test_a_script_about_a_429_spends_the_limit_first() -> None:
    refused = answered(429, exchange("GET", "/notes"))
    answer = 'printf \'HTTP/1.1 %s\\r\\n\\r\\n%s\' "$status" "$count"'
    counted = 'count=$(($(cat "$COUNT") + 1)); echo "$count" > "$COUNT"'
    curl = f'COUNT=$(mktemp); echo 0 > "$COUNT"; curl() {{ {counted}; status=200; [ "$count" -lt 5 ] || status=429; {answer}; }}'

    done = played(Script().show(refused), curl)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "HTTP/1.1 429\n\n5\n\n"


@SH
def test_each_answer_stands_on_lines_of_its_own_and_of_many_the_first_line() -> None:
    sent = [exchange("GET", "/a"), exchange("GET", "/b"), *(exchange("GET", "/c") for _ in range(5))]
    curl = "curl() { printf 'HTTP/1.1 200 OK\\r\\n\\r\\nbody'; }"

    lines = played(Script().show(sent), curl).stdout.splitlines()

    assert [line for line in lines if line] == ["HTTP/1.1 200 OK", "body"] * 2 + ["HTTP/1.1 200 OK"] * 5


def test_a_command_of_others_is_sent_to_the_server_that_is_named() -> None:
    script = Script()
    script.define_server(BASE, "http://127.0.0.1:8000")

    text = script.around(f"curl -X GET '{BASE}/a b'\ncurl {BASE}/c")

    assert "curl -X GET \"$BASE\"'/a b'" in text
    assert 'curl "$BASE"/c' in text


def test_a_command_of_others_is_sent_to_the_replica_that_it_names() -> None:
    script = Script()
    script.define_server(BASE, "http://127.0.0.1:8000")
    script.define_server(f"{BASE}1", "http://127.0.0.1:8001")

    text = script.around(f"curl {BASE}1/c")

    assert 'curl "$BASE_2"/c' in text
    assert "BASE_2=${BASE_2:-http://127.0.0.1:8001}" in text
    assert "BASE=" not in text


OTHER = "http://replica:8000"


def at_server(server: str, path: str) -> Exchange:
    return Exchange(None, "GET", server + path, [], b"", 200, [], b"")


@SH
@pytest.mark.parametrize(
    ("sent", "loops"),
    [
        ([(server, "/a") for _ in range(5) for server in (BASE, OTHER)], ["5"]),
        ([(BASE, "/a")] * 5, ["5"]),
        ([(BASE, "/b"), *((server, "/a") for _ in range(4) for server in (BASE, OTHER)), (BASE, "/a")], ["4"]),
        ([(BASE, "/a"), (OTHER, "/a"), (BASE, "/b"), (OTHER, "/b")], []),
        ([*[(BASE, "/a")] * 3, *[(OTHER, "/a")] * 2], ["3", "2"]),
    ],
    ids=["in turn", "one server", "a rest on both sides", "none is repeated", "rows of one server each"],
)
def test_what_goes_to_replicas_in_turn_is_sent_in_a_loop(sent: list[tuple[str, str]], loops: list[str]) -> None:
    script = Script()
    script.define_server(BASE, "http://one")
    script.define_server(OTHER, "http://two")
    curl = 'curl() { case "$*" in *max-time*) ;; *) echo "$*" >&2; printf "HTTP/1.1 200 OK\\r\\n\\r\\n" ;; esac; }'

    text = script.show([at_server(*each) for each in sent])
    done = played(text, curl)

    asked = [line.rpartition(" ")[2] for line in done.stderr.splitlines()]
    names = {BASE: "http://one", OTHER: "http://two"}
    assert asked == [f"{names[server]}{path}" for server, path in sent]
    assert re.findall(r"seq (\d+)", text) == loops


# Answers 201 to whoever comes first, and 409 to all others.
FIRST_WINS = """#!/bin/sh
if mkdir "$(dirname "$0")/taken" 2>/dev/null; then echo "HTTP/1.1 201 Created"; else echo "HTTP/1.1 409 Conflict"; fi
"""


def sent_at(status: int, *, ended: float, seconds: float, path: str = "/books") -> Exchange:
    return Exchange(None, "POST", BASE + path, [], b"{}", status, [], b"{}", seconds=seconds, ended=ended)


def run_with(script: str, folder: Path, curl: str) -> subprocess.CompletedProcess[str]:
    """Run a script with a program in place of curl."""
    program = folder / "curl"
    program.write_text(curl)
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment, check=False)


def test_what_was_sent_at_once_is_sent_at_once_whoever_wins(tmp_path: Path) -> None:
    race = [sent_at(409, ended=10.5, seconds=0.5), sent_at(201, ended=10.6, seconds=0.5)]

    shown = Script().show(race)
    done = run_with(shown, tmp_path, FIRST_WINS)

    assert done.returncode == 0, done.stderr
    assert sorted(line for line in done.stdout.splitlines() if line) == [
        "HTTP/1.1 201 Created",
        "HTTP/1.1 409 Conflict",
    ]


def test_a_race_that_ends_otherwise_stops_the_script(tmp_path: Path) -> None:
    """In the run both of them succeeded, which a mended service lets only one of them do."""
    race = [sent_at(201, ended=10.5, seconds=0.5), sent_at(201, ended=10.6, seconds=0.5)]

    done = run_with(Script().show(race), tmp_path, FIRST_WINS)

    assert done.returncode == 1
    assert "these requests were answered 201 409  here, and 201 201 in the run: a race may end otherwise" in done.stderr


def test_what_was_sent_one_after_the_other_is_no_race() -> None:
    one_by_one = [sent_at(201, ended=10.5, seconds=0.5), sent_at(409, ended=11.0, seconds=0.5)]

    assert at_once(one_by_one) == []
    assert "raced" not in Script().show(one_by_one)


@pytest.mark.parametrize(("seconds", "line"), [(60.2, "; sleep 61"), (86400, "which no script can' >&2; exit 1")])
def test_a_script_waits_where_the_run_has_moved_the_clock(seconds: float, line: str) -> None:
    script = Script()
    first = sent_at(201, ended=10.0, seconds=0.5, path="/one")
    second = sent_at(200, ended=20.0, seconds=0.5, path="/two")
    script.moves += [(5.0, 7.0), (15.0, seconds), (25.0, 8.0)]

    lines = script.show([first, second]).splitlines()

    told = [each for each in lines if each.endswith(line) or "/one" in each or "/two" in each]
    assert [each.endswith(line) for each in told] == [False, True, False]
    assert sum("moved the clock" in each for each in lines) == 1


def test_a_text_that_was_made_of_a_known_one_is_made_of_it_again(tmp_path: Path) -> None:
    script = Script()
    list_ = exchange("GET", "/books", answer=b'{"next": "abcdefghij"}')
    script.take("CURSOR_1", "abcdefghij", "/next", list_)
    script.derive("abcXefghij", "abcdefghij", "sed 's/./X/4'")
    script.derive("nothing of it is known", "who knows", "cat")

    shown = script.show([exchange("GET", "/books?cursor=abcXefghij")])

    assert "CHANGED_1=$(printf %s \"${CURSOR_1}\" | sed 's/./X/4')" in shown
    assert "cursor=${CHANGED_1}" in shown
    assert "CHANGED_2" not in shown


def test_two_tokens_of_one_user_are_told_apart_in_one_script() -> None:
    """The first one is used again after the second one was handed out."""
    script = Script()
    first_log_in, second_log_in = exchange("POST", "/login?1"), exchange("POST", "/login?2")
    script.take("TOKEN_A", TOKEN, "/token", first_log_in)
    script.take("TOKEN_A", TOKEN[::-1], "/token", second_log_in)
    old = exchange("GET", "/old", ("Authorization", f"Bearer {TOKEN}"))
    new = exchange("GET", "/new", ("Authorization", f"Bearer {TOKEN[::-1]}"))

    lines = script.show([new, old]).splitlines()

    [by_old] = [line for line in lines if "/old" in line]
    [by_new] = [line for line in lines if "/new" in line]
    assert 'Bearer ${TOKEN_A_0}"' in by_old
    assert 'Bearer ${TOKEN_A}"' in by_new
    assert [line for line in lines if line.startswith("TOKEN_A")] == [
        "TOKEN_A_0=$(take /token)",
        "TOKEN_A=$(take /token)",
    ]


def test_content_that_ends_too_early_ends_no_script() -> None:
    broken = replace(exchange("GET", "/a"), flaw="it ends before its Content-Length")

    assert "/a || true)" in Script().show([broken])


def test_long_content_is_no_argument_of_a_program() -> None:
    long = exchange("POST", "/a", body=b"x" * 200_000)

    assert long.curl().startswith("printf -- ")
    assert long.curl().endswith("--data-binary @-")


def test_a_media_type_that_is_asked_for_belongs_to_the_request() -> None:
    assert "Accept: text/html" in exchange("GET", "/a", ("Accept", "text/html")).curl()
    assert "Accept" not in exchange("GET", "/a", ("Accept", "*/*")).curl()


def test_a_path_stands_for_whole_segments_alone() -> None:
    names = {"/api/books/1": "${LOCATION_1}"}

    assert "${LOCATION_1}" in exchange("GET", "/api/books/1?a=b").curl(names)
    assert "${LOCATION_1}" not in exchange("GET", "/api/books/17").curl(names)
