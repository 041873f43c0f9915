"""Where a service shows its document, and that nothing but its own host is asked for it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bookplate.cli import main
from bookplate.discovery import COMMON, Page, find_document
from bookplate.options import Options
from bookplate.planning import plan
from bookplate.target.config import SetUpError
from tests.fakes.kiosk import DOCUMENT, STAMP, kiosk

URL = "http://127.0.0.1:8000"
JSON = json.dumps({"openapi": "3.1.0", "info": {}, "paths": {}})
YAML = "# a comment\nopenapi: 3.0.3\ninfo:\n  title: Stamps\n"
OLD = json.dumps({"swagger": "2.0", "paths": {}})


class Service:
    """Answers at the URLs of `pages`, and remembers what it was asked for."""

    def __init__(
        self,
        pages: Mapping[str, str],
        links: Mapping[str, str] | None = None,
        redirects: Mapping[str, str] | None = None,
    ) -> None:
        self.pages = pages
        self.links = links or {}
        self.redirects = redirects or {}
        self.asked: list[str] = []

    def get(self, url: str) -> Page | None:
        self.asked.append(url)
        if url in self.redirects:
            return Page(307, {"location": self.redirects[url]}, "")
        headers = {"link": self.links[url]} if url in self.links else {}
        return Page(200 if url in self.pages else 404, headers, self.pages.get(url, "not here"))


@pytest.mark.parametrize("path", COMMON)
@pytest.mark.parametrize("text", [JSON, YAML])
def test_a_document_is_found_at_each_common_place(path: str, text: str) -> None:
    assert find_document(URL, Service({URL + path: text}).get) == URL + path


def test_it_is_looked_for_below_the_path_of_the_target_first() -> None:
    pages = {f"{URL}/openapi.json": JSON, f"{URL}/v2/openapi.json": JSON}

    assert find_document(f"{URL}/v2", Service(pages).get) == f"{URL}/v2/openapi.json"


def test_it_is_looked_for_at_the_root_too() -> None:
    assert find_document(f"{URL}/api/v2/", Service({f"{URL}/openapi.json": JSON}).get) == f"{URL}/openapi.json"


@pytest.mark.parametrize(
    "header",
    [
        '</spec>; rel="service-desc"',
        "<spec>;rel=service-desc",
        '</about>; rel="service-doc", </spec>; type="application/json"; rel="item Service-Desc"',
    ],
)
def test_the_link_of_the_first_page_leads_to_it(header: str) -> None:
    service = Service({f"{URL}/": "welcome", f"{URL}/spec": JSON}, {f"{URL}/": header})

    assert find_document(URL, service.get) == f"{URL}/spec"


def test_the_api_catalog_leads_to_it() -> None:
    catalog = {"linkset": [{"anchor": URL, "service-desc": [{"href": "/spec", "type": "application/json"}]}]}
    pages = {f"{URL}/.well-known/api-catalog": json.dumps(catalog), f"{URL}/spec": JSON}

    assert find_document(URL, Service(pages).get) == f"{URL}/spec"


@pytest.mark.parametrize("catalog", ["", "[]", '{"linkset": {}}', '{"linkset": [7, {"service-desc": "/spec"}]}'])
def test_a_catalog_that_is_none_leads_nowhere(catalog: str) -> None:
    with pytest.raises(SetUpError):
        find_document(URL, Service({f"{URL}/.well-known/api-catalog": catalog}).get)


@pytest.mark.parametrize(
    "page",
    [
        json.dumps(
            {"title": "Stamps", "links": [{"rel": "self", "href": "/"}, {"rel": "service-desc", "href": "/spec"}]}
        ),
        json.dumps({"links": [7, {"rel": "service-desc"}, {"rel": "service-doc", "href": "spec"}]}),
        '<!doctype html><head><link rel="icon" href="/i.png"><link rel="service-desc" href="/spec"></head>',
        '<html><a href="/spec" rel="nofollow service-doc">how to call it</a></html>',
    ],
)
def test_what_the_first_page_links_to_leads_to_it(page: str) -> None:
    assert find_document(URL, Service({f"{URL}/": page, f"{URL}/spec": JSON}).get) == f"{URL}/spec"


def test_the_description_for_programs_comes_before_that_for_people() -> None:
    links = [{"rel": "service-doc", "href": "/doc"}, {"rel": "service-desc", "href": "/spec"}]
    pages = {f"{URL}/": json.dumps({"links": links}), f"{URL}/doc": JSON, f"{URL}/spec": JSON}

    assert find_document(URL, Service(pages).get) == f"{URL}/spec"


@pytest.mark.parametrize("page", ["{", "[]", '{"links": {}}', '{"links": [{"rel": 1, "href": 2}]}', "<link rel>", "<"])
def test_a_first_page_without_links_leads_nowhere(page: str) -> None:
    with pytest.raises(SetUpError):
        find_document(URL, Service({f"{URL}/": page}).get)


@pytest.mark.parametrize("place", ["https://elsewhere.example/spec", "//elsewhere.example/spec"])
def test_another_host_is_not_asked(place: str) -> None:
    """What is linked to by its public address is looked for at the host of the target."""
    service = Service({f"{URL}/": "", f"{URL}/spec": JSON}, {f"{URL}/": f'<{place}>; rel="service-desc"'})

    found = find_document(URL, service.get)

    assert found == f"{URL}/spec"
    assert all(url.startswith(f"{URL}/") for url in service.asked)


def test_a_link_that_is_no_reference_leads_nowhere() -> None:
    service = Service({f"{URL}/": ""}, {f"{URL}/": '<http://[1/spec>; rel="service-desc"'})

    with pytest.raises(SetUpError):
        find_document(URL, service.get)


@pytest.mark.parametrize("target", ["/docs/v2/openapi.json", f"{URL}/docs/v2/openapi.json"])
def test_a_redirect_within_the_host_is_followed(target: str) -> None:
    """The document is where it was found in the end: its relative references start there."""
    pages = {f"{URL}/docs/v2/openapi.json": JSON}
    service = Service(pages, redirects={f"{URL}/openapi.json": target})

    assert find_document(URL, service.get) == f"{URL}/docs/v2/openapi.json"


@pytest.mark.parametrize("target", ["https://elsewhere.example/openapi.json", f"{URL}/openapi.json", ""])
def test_no_other_redirect_is(target: str) -> None:
    service = Service({}, redirects={f"{URL}/openapi.json": target})

    with pytest.raises(SetUpError):
        find_document(URL, service.get)

    assert all(url.startswith(f"{URL}/") for url in service.asked)


@pytest.mark.parametrize(
    "text",
    [
        "<html>openapi: 3</html>",
        json.dumps({"message": "openapi: 3.1"}),
        json.dumps(["openapi"]),
        "",
    ],
)
def test_a_page_that_is_no_document_is_not_taken(text: str) -> None:
    with pytest.raises(SetUpError):
        find_document(URL, Service({f"{URL}/openapi.json": text}).get)


def test_a_version_that_stands_far_behind_is_seen() -> None:
    document: dict[str, Any] = {"info": {"description": "long " * 2000}, "openapi": "3.0.3", "paths": {}}

    assert find_document(URL, Service({f"{URL}/openapi.json": json.dumps(document)}).get) == f"{URL}/openapi.json"


def test_a_document_that_is_read_comes_before_an_older_one() -> None:
    both = {f"{URL}/openapi.json": OLD, f"{URL}/v3/api-docs": JSON}

    assert find_document(URL, Service(both).get) == f"{URL}/v3/api-docs"


@pytest.mark.parametrize("path", ["/swagger.json", "/spec.json"])
def test_an_older_document_counts_where_there_is_no_other(path: str) -> None:
    service = Service({URL + path: OLD})

    assert find_document(URL, service.get) == URL + path
    assert f"{URL}/.well-known/api-catalog" in service.asked


def test_where_there_is_none_one_line_says_where_it_was_looked_for() -> None:
    with pytest.raises(SetUpError) as problem:
        find_document(f"{URL}/api", Service({}).get)

    told = str(problem.value)
    assert "/api/openapi.json, " in told
    assert "/openapi.yaml, " in told
    assert told.endswith("name yours with --document FILE or URL")
    assert "\n" not in told


def check(url: str, output: Path, *arguments: str) -> int:
    return main([url, "--output", str(output), "--rule", "spec-03", *arguments])


def test_a_url_alone_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with kiosk({"/v3/api-docs": DOCUMENT}) as service:
        code = check(service.url, tmp_path)

        assert (code, service.stamps != {}) == (0, True)
        assert f"the document is {service.url}/v3/api-docs\n" in capsys.readouterr().out


SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "Stamps", "version": "1"},
    "produces": ["application/json"],
    "paths": {
        "/stamps": {
            "get": {
                "operationId": "list_stamps",
                "responses": {"200": {"description": "all", "schema": {"type": "array", "items": STAMP}}},
            },
        },
        "/stamps/{stamp_id}": {
            "parameters": [{"name": "stamp_id", "in": "path", "required": True, "type": "integer"}],
            "get": {
                "operationId": "get_stamp",
                "responses": {"200": {"description": "one", "schema": STAMP}, "404": {"description": "there is none"}},
            },
        },
    },
}


def test_a_service_that_shows_swagger_alone_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with kiosk({"/swagger.json": SWAGGER}) as service:
        code = check(service.url, tmp_path)

        said = capsys.readouterr()
        assert (code, "/stamps" in service.paths) == (0, True)
    assert f"{service.url}/swagger.json: is Swagger 2.0, and is read as OpenAPI 3.0; " in said.err
    assert f"`npx swagger2openapi {service.url}/swagger.json -o openapi.json`" in said.err


def test_the_generator_reads_what_was_found_and_does_not_look_again() -> None:
    with kiosk({"/swagger.json": SWAGGER}) as service:
        options = plan(Options(service.url)).options
        service.sent.clear()

        operations = plan(options).document.operations

        assert service.paths == ["/swagger.json"]
    assert [operation.id for operation in operations] == ["list_stamps", "get_stamp"]


def test_swagger_at_a_url_that_somebody_names_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with kiosk({"/docs/own.json": SWAGGER}) as service:
        code = check(service.url, tmp_path, "--document", f"{service.url}/docs/own.json")

        assert (code, "/stamps" in service.paths) == (0, True)
    assert "is Swagger 2.0, and is read as OpenAPI 3.0; " in capsys.readouterr().err


def test_swagger_in_a_file_is_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps(SWAGGER), encoding="utf-8")
    with kiosk({}) as service:
        code = check(service.url, tmp_path, "--document", str(file))

    told = capsys.readouterr().err
    assert (code, told.count("\n")) == (2, 1)
    assert "is Swagger 2.0, which is not read: convert it to OpenAPI 3" in told


def test_the_document_of_the_settings_comes_before_that_of_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stamps.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    settings = tmp_path / "bookplate.toml"
    settings.write_text('document = "stamps.json"\n', encoding="utf-8")

    with kiosk({"/openapi.json": {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}}) as service:
        code = check(service.url, tmp_path / "out", "--config", str(settings))

        assert "/openapi.json" not in service.paths
    assert (code, "the document is" in capsys.readouterr().out) == (0, False)


def test_a_service_without_a_document_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with kiosk() as service:
        code = check(service.url, tmp_path)

        assert service.methods == {"GET"}
    told = capsys.readouterr().err
    assert (code, told.count("\n")) == (2, 1)
    assert "--document FILE" in told
