"""Who a client is and where it is, as a trusted proxy says: addresses in every spelling, and the prefix of a path."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from impl.addresses.prefixes import is_prefix
from impl.edge.client_address import LONGEST_ADDRESS, MOST_HOPS, TrustedProxies, parse_address

from ..people import new_person, unused_name
from ..reference_server import Server, free_port, read_document, relaxed, save, serving
from ..wire import HOST, Answer, Client, connect

HTML = "Accept: text/html"
BELOW = "X-Forwarded-Prefix: /library"
LINK = re.compile(r"(?:src|href)=\"([^\"]+)\"|fetch\(\"([^\"]+)\"|url: \"([^\"]+)\"")

SPELLINGS = {
    "203.0.113.7": "203.0.113.7",
    " 203.0.113.7\t": "203.0.113.7",
    "203.0.113.7:4711": "203.0.113.7",
    '"203.0.113.7:4711"': "203.0.113.7",
    "::ffff:203.0.113.7": "203.0.113.7",
    "::FFFF:cb00:7107": "203.0.113.7",
    "[::ffff:203.0.113.7]:4711": "203.0.113.7",
    "2001:db8::1": "2001:db8::1",
    "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:4711": "2001:db8::1",
    '"[2001:db8::1]:4711"': "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%eth0]:4711": "fe80::1",
    "203.0.113.7:99999": "203.0.113.7",
}
GARBAGE = [
    *("", " ", "unknown", "_hidden", "localhost", "203.0.113", "203.0.113.7.1", "203.0.113.07", "0x7f.1", "1"),
    *("203.0.113.7:", "203.0.113.7:port", "203.0.113.7:123456", "203.0.113.7:-1", "203.0.113.7/24", "[203.0.113.7]"),
    *("[2001:db8::1", "2001:db8::1]", "[2001:db8::1]4711", "[2001:db8::1]:", "[]", "[:]", '"203.0.113.7', '""'),
    *("for=203.0.113.7", "203.0.113.7;x", "203.0.113.7 x", "٢٠٣.0.113.7", "2001:db8::1::", "x" * 5000),
]


@pytest.mark.parametrize(("text", "address"), SPELLINGS.items())
def test_addresses_have_one_spelling(text: str, address: str) -> None:
    """Port, brackets, quotes, zone, capitals and an IPv4 address in IPv6 make no other client."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_no_address(text: str) -> None:
    """What is no address is none, however long it is."""
    assert parse_address(text) is None


def fields(*forwarded: str, name: str = "x-forwarded-for") -> list[tuple[bytes, bytes]]:
    """Return forwarded fields of a request."""
    return [(name.encode(), value.encode("latin-1")) for value in forwarded]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["203.0.113.7"], "203.0.113.9"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.5", ["203.0.113.7:4711"], "203.0.113.7"),
        ("10.0.0.5", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("::ffff:10.0.0.5", ["203.0.113.7"], "203.0.113.7"),
        ("::ffff:203.0.113.9", ["203.0.113.7"], "203.0.113.9"),
        ("10.0.0.5", ["203.0.113.7, ::ffff:10.0.0.6"], "203.0.113.7"),
        ("10.0.0.5", ["9.9.9.9, 203.0.113.7, 10.0.0.6"], "203.0.113.7"),
        ("10.0.0.5", ["9.9.9.9", "203.0.113.7", "10.0.0.6:80"], "203.0.113.7"),
        ("10.0.0.5", ["203.0.113.7,, ,"], "203.0.113.7"),
        ("10.0.0.5", ["203.0.113.7, unknown"], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.7, garbage, 10.0.0.6"], "10.0.0.6"),
        ("10.0.0.5", ["10.0.0.7, 10.0.0.6"], "10.0.0.7"),
        ("fd00::5", ["203.0.113.7"], "203.0.113.7"),
        ("", ["203.0.113.7"], ""),
        (None, ["203.0.113.7"], ""),
    ],
)
def test_walk_ends_at_the_first_who_is_not_trusted(peer: str | None, forwarded: list[str], client: str) -> None:
    """Hops are read from the end; what is no address ends the walk at the last trusted hop."""
    proxies = TrustedProxies(("10.0.0.0/8", "fd00::/8"))

    assert proxies.client_address(peer or "", fields(*forwarded)) == client


def test_walk_is_bounded() -> None:
    """Of a long list the last hops are looked at and no more."""
    proxies = TrustedProxies(("10.0.0.0/8",))
    hops = [f"10.0.{number // 250}.{number % 250}" for number in range(1, 2000)]

    assert proxies.client_address("10.0.0.0", fields(",".join(["9.9.9.9", *hops]))) == hops[-MOST_HOPS]
    assert LONGEST_ADDRESS < 100


def test_networks_may_be_written_in_ipv6() -> None:
    """A network of IPv4 addresses that are mapped into IPv6 is a network of IPv4 addresses."""
    proxies = TrustedProxies(("::ffff:10.0.0.0/104",))

    assert proxies.client_address("10.0.0.5", fields("203.0.113.7")) == "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "said", "prefix"),
    [
        ("10.0.0.5", ["/library"], "/library"),
        ("10.0.0.5", ["/library/"], "/library"),
        ("10.0.0.5", ["/a/b.c_d~e-1"], "/a/b.c_d~e-1"),
        ("10.0.0.5", ["/"], ""),
        ("10.0.0.5", [], "/set"),
        ("10.0.0.5", [""], "/set"),
        ("10.0.0.5", ["/theirs", "/library"], "/library"),
        ("10.0.0.5", ["/theirs, /library"], "/library"),
        ("203.0.113.9", ["/library"], "/set"),
        *(
            ("10.0.0.5", [bad], "/set")
            for bad in (
                "library",
                "//evil.example",
                "/a//b",
                "/../x",
                "/a/./b",
                "/a b",
                "/<script>",
                "/a?b",
                "/%2e",
                "/é",
            )
        ),
        ("10.0.0.5", ["https://evil.example/"], "/set"),
        ("10.0.0.5", ["/" + "x" * 300], "/set"),
    ],
)
def test_prefix_is_believed_from_proxies_alone(peer: str, said: list[str], prefix: str) -> None:
    """A prefix is segments of plain characters from a trusted peer, or what is set."""
    proxies = TrustedProxies(("10.0.0.0/8",), "/set")

    assert proxies.prefix(peer or "", fields(*said, name="x-forwarded-prefix")) == prefix
    assert prefix == "" or is_prefix(prefix)


@pytest.fixture(scope="module", name="behind")
def _behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that trusts whoever asks from here."""
    folder = tmp_path_factory.mktemp("behind")
    document = save(relaxed(read_document()), folder)
    with serving(folder, document, TRUSTED_PROXIES="127.0.0.0/24", ROOT_PATH="/books") as server:
        yield server


def test_port_opens_no_bucket(behind: Server) -> None:
    """Each request of one address counts for it, from whatever port and in whatever spelling it is said."""
    client = Client(behind.port)
    spellings = [*(f"203.0.113.7:{50000 + number}" for number in range(5)), "::ffff:203.0.113.7", '"203.0.113.7"']
    left = [
        client.ask("GET", "/api/books", None, f"X-Forwarded-For: {spelling}").remaining("lists")
        for spelling in spellings
    ]
    other = client.ask("GET", "/api/books", None, "X-Forwarded-For: 203.0.113.8").remaining("lists")

    assert left == [left[0] - number for number in range(len(spellings))]
    assert other == left[0]


def test_forwarded_is_ignored(behind: Server) -> None:
    """RFC 7239's field is not read, from trusted proxies neither: two truths would be one too many."""
    client = Client(behind.port)
    left = [
        client.ask("GET", "/api/books", None, f"Forwarded: for=198.51.100.{number}").remaining("lists")
        for number in range(3)
    ]

    assert left == [left[0], left[0] - 1, left[0] - 2]


def links_of(answer: Answer) -> set[str]:
    """Return every address in an answer: the links of a page and of its field, and where something new is."""
    content = answer.json()
    links = set(filter(None, content.get("links", {}).values()))
    links |= set(re.findall(r"<([^>]+)>", answer.header("Link") or ""))
    return links | ({answer.header("Location") or ""} - {""})


@pytest.mark.parametrize(
    ("fields", "prefix"),
    [((BELOW,), "/library"), (("X-Forwarded-Prefix: /",), ""), ((), "/books")],
    ids=["said", "said to be none", "set"],
)
def test_everything_leads_below_the_prefix(behind: Server, fields: tuple[str, ...], prefix: str) -> None:
    """Links, Location, the redirect of lost browsers and the servers of the contract stand below the prefix."""
    client = Client(behind.port)
    name = unused_name("below")
    user = {"email": f"{name}@example.com", "username": name, "password": "correct horse battery"}
    registered = client.ask("POST", "/api/auth/register", user, *fields)
    person = new_person(client)
    added = person.client.ask("POST", "/api/books", {"title": "a", "author": name, "price": "1.00"}, *fields)
    found = client.ask("GET", f"/api/books?author={name}&per_page=1", None, *fields)
    lost = client.ask("GET", "/nowhere", None, HTML, *fields)
    contract = client.ask("GET", "/openapi.json", None, *fields)

    assert [answer.status for answer in (registered, added, found, lost, contract)] == [201, 201, 200, 302, 200]
    for answer in (registered, added, found):
        assert links_of(answer)
        assert all(link.startswith(f"{prefix}/api/") for link in links_of(answer))
    assert added.header("Location") == f"{prefix}/api/books/{added.json()['id']}"
    assert lost.header("Location") == f"{prefix}/"
    assert [server["url"] for server in contract.json()["servers"]] == [f"{prefix}/api"]


def test_stranger_sets_no_prefix(client: Client) -> None:
    """A peer that is no trusted proxy changes no link."""
    answer = client.ask("GET", "/api/books", None, BELOW, "X-Forwarded-For: 10.0.0.1")
    lost = client.ask("GET", "/nowhere", None, HTML, BELOW)

    assert all(link.startswith("/api/books?") for link in links_of(answer))
    assert lost.header("Location") == "/"


def test_kept_answers_belong_to_their_prefix(behind: Server) -> None:
    """A page that was kept below one prefix is never shown below another; each is kept."""
    client = Client(behind.port)
    target = f"/api/books?author={unused_name('kept')}"
    prefixes = ["/library", "/", "/archive", "/library", "/", "/archive"]
    answers = [client.ask("GET", target, None, f"X-Forwarded-Prefix: {prefix}") for prefix in prefixes]

    starts = [f"{prefix.rstrip('/')}/api/books?" for prefix in prefixes]
    assert [all(link.startswith(start) for link in links_of(a)) for a, start in zip(answers, starts, strict=True)] == [
        True
    ] * 6
    hits = [(answer.header("Cache-Status") or "").endswith("hit") for answer in answers]
    assert hits == [False] * 3 + [True] * 3


def loaded_by(client: Client, page: str, *fields: str) -> set[str]:
    """Return what a page links to and loads, and what its scripts fetch, each against the address of the page."""
    text = client.ask("GET", page, None, HTML, *fields).body.decode()
    scripts = [urljoin(page, link) for link in re.findall(r"src=\"([^\"]+)\"", text) if "bundle" not in link]
    texts = [text, *(client.ask("GET", script, None, *fields).body.decode() for script in scripts)]
    found = {"".join(groups) for each in texts for groups in LINK.findall(each)}
    return {urljoin(page, link) for link in found if not link.startswith("data:")}


def test_pages_link_relative_to_themselves(client: Client) -> None:
    """Nothing that a page loads or leads to begins at the root, so that it works below any prefix."""
    for page in ("/", "/docs"):
        below = loaded_by(client, page)
        moved = {urljoin(f"/library{page}", link.removeprefix("/")) for link in below}

        assert len(below) >= 4
        assert all(link.startswith("/library/") for link in moved)
        assert {client.ask("GET", link, None, HTML).status for link in below} == {200}


NGINX = """
daemon off; worker_processes 1; {user} pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen {host}:{port};
    location /library/ {{
      proxy_pass http://{host}:{behind}/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr:$remote_port;
      proxy_set_header X-Forwarded-Prefix /library;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, behind: Server) -> Iterator[int]:
    """Run a private nginx that serves what is behind it below /library, and says so with the client's port."""
    port, program = free_port(), shutil.which("nginx") or "nginx"
    user = "user root;" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, host=HOST, port=port, behind=behind.port, user=user))
    process = subprocess.Popen([program, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(settings)])
    try:
        ends = time.monotonic() + 10
        while time.monotonic() < ends and process.poll() is None:
            try:
                with connect(port):
                    break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(
    not shutil.which("nginx"), reason="nginx IS NOT INSTALLED: the prefix is tried with raw fields alone"
)
def test_behind_a_real_proxy(behind: Server, tmp_path: Path) -> None:
    """Through nginx, below a prefix and with ports: every address leads somewhere, and one client is one client."""
    with nginx(tmp_path, behind) as port:
        client = Client(port)
        person = new_person_below(client)
        added = person.ask("POST", "/library/api/books", {"title": "a", "author": "Frank Herbert", "price": "1.00"})
        page = client.ask("GET", "/library/api/books?per_page=1")
        left = [client.ask("GET", "/library/api/books").remaining("lists") for _ in range(3)]
        pages = {link for name in ("/library/", "/library/docs") for link in loaded_by(client, name)}

        assert person.ask("GET", added.header("Location") or "").status == 200
        assert {client.ask("GET", link).status for link in links_of(page)} == {200}
        assert left == [left[0], left[0] - 1, left[0] - 2]
        assert all(link.startswith("/library/") for link in pages)
        assert {client.ask("GET", link, None, HTML).status for link in pages} == {200}
        assert client.ask("GET", "/library/nowhere", None, HTML).header("Location") in (
            "/library/",
            f"http://{HOST}:{port}/library/",
        )


def new_person_below(client: Client) -> Client:
    """Register a user and log in through the proxy."""
    name = unused_name("proxied")
    user = {"email": f"{name}@example.com", "username": name, "password": "correct horse battery"}
    assert client.ask("POST", "/library/api/auth/register", user).status == 201
    answer = client.ask("POST", "/library/api/auth/login", {key: user[key] for key in ("email", "password")})
    return Client(client.port, token=answer.json()["access_token"])
