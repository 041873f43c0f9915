"""[accounts] in the settings, what it may say, and what the command line adds."""

from pathlib import Path
from typing import Any

import pytest

from bookplate.contract.document import Document
from bookplate.target.accounts import Account
from bookplate.target.config import Config, SetUpError, secret
from bookplate.target.quick_look import with_quick_look
from bookplate.target.unfit import refuse_unfit

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "other-key": {"type": "apiKey", "in": "query", "name": "key"},
}


def settings(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(f"[accounts]\n{text}\n", encoding="utf-8")
    return file


def declaring(*names: str) -> Document:
    raw: dict[str, Any] = {"paths": {}, "components": {"securitySchemes": {name: SCHEMES[name] for name in names}}}
    return Document(Path("openapi.yaml"), raw, {})


# ── The settings ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "account"),
    [
        ('a = "a token"', Account(token="a token")),
        ('a = {token = "t", prefix = "Token"}', Account(token="t", prefix="Token")),
        ('a = {username = "ada", password = "p"}', Account(username="ada", password="p")),
        ('a = {cookie = "session=s"}', Account(cookie="session=s")),
        ('a = {schemes = {key = "k", other-key = "o"}}', Account(schemes={"key": "k", "other-key": "o"})),
        ('a = "$A_SECRET"', Account(token="from the environment")),
        ('a = {username = "ada", password = "@pass word"}', Account(username="ada", password="from a file")),
        ('a = {schemes = {key = "${A_SECRET}"}}', Account(schemes={"key": "from the environment"})),
    ],
)
def test_an_account_is_a_token_or_a_table(
    text: str, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "from the environment")
    (tmp_path / "pass word").write_text("from a file\nand a second line\n", encoding="utf-8")

    assert Config.read(settings(tmp_path, text)).account("a") == account


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('A = "t"', r"\[accounts\] has no 'A': did you mean a\?"),
        ("a = 7", r"\[accounts\] a is neither a token nor a table: write a = "),
        ('a = {pasword = "p"}', r"\[accounts\] a has no 'pasword': did you mean password\?"),
        ('a = {username = "ada"}', r"\[accounts\] a has username without password: write password = "),
        ('a = {client_secret = "s"}', r"\[accounts\] a has client_secret without client_id"),
        ('a = {cookie = "s"}', r'a cookie has a name and a value: cookie = "session=\.\.\."'),
        ('a = {schemes = "k"}', r"schemes has a value for each scheme by its name"),
        ("a = {token = 7}", r"token is a text"),
        ('a = {prefix = "Token"}', r"\[accounts\] a proves nothing: write "),
    ],
)
def test_a_mistake_is_told_with_its_remedy(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SetUpError, match=told):
        Config.read(settings(tmp_path, text))


def test_a_secret_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetUpError, match=r"\$NO_SUCH_VARIABLE, which is not set: export NO_SUCH_VARIABLE"):
        secret("$NO_SUCH_VARIABLE")
    with pytest.raises(SetUpError, match="@no-such-file, which cannot be read: write the secret into"):
        secret("@no-such-file", tmp_path)


@pytest.mark.parametrize(
    ("account", "names", "told"),
    [
        (Account(schemes={"kye": "k"}), ["key"], r"no security scheme 'kye': did you mean key\?"),
        (Account(username="a", password="p"), ["bearer"], "nothing in the document takes a user name and a password"),
        (Account(client_id="a", client_secret="p"), ["bearer"], "has no flow clientCredentials"),
        (Account(api_key="k"), ["bearer"], "has no API keys: its schemes are bearer"),
        (
            Account(api_key="k"),
            ["key", "other-key"],
            r"has 2 API keys \(key, other-key\): say which one: schemes = {key",
        ),
    ],
)
def test_what_the_document_has_no_use_for_is_told(account: Account, names: list[str], told: str) -> None:
    with pytest.raises(SetUpError, match=rf"\[accounts\] b: .*{told}"):
        refuse_unfit(Config(accounts={"b": account}), declaring(*names))


def test_an_account_is_called_after_a_role_of_the_document() -> None:
    kept = declaring("bearer")
    kept.source.raw["paths"] = {"/notes": {"get": {"operationId": "list", "x-access": {"allow": ["user", "keeper"]}}}}

    refuse_unfit(Config(accounts={"keeper": Account(token="t"), "admin": Account(token="u")}), kept)
    for name, told in (
        ("keper", "did you mean keeper"),
        ("boss", "it tells of a, b and who has a role of x-access: a"),
    ):
        with pytest.raises(SetUpError, match=rf"\[accounts\] has no '{name}': {told}"):
            refuse_unfit(Config(accounts={name: Account(token="t")}), kept)


# ── The command line ──────────────────────────────────────────────────────────────────────────────────────────────────
def quick(*names: str, **given: Any) -> Config:
    return with_quick_look(Config(), declaring(*names).security, **given)


def test_user_a_may_be_named_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "pa:ss")

    assert quick("bearer", bearer="$A_SECRET").accounts == {"a": Account(token="pa:ss")}
    assert quick("basic", auth="ada:$A_SECRET").accounts == {"a": Account(username="ada", password="pa:ss")}
    assert quick("basic", auth="ada:p:q").accounts == {"a": Account(username="ada", password="p:q")}


@pytest.mark.parametrize(
    ("header", "account"),
    [
        ("Authorization: Bearer t", Account(token="t")),
        ("authorization: Token t", Account(token="t", prefix="Token")),
        ("Authorization: Basic YWRhOnA=", Account(username="ada", password="p")),
        ("x-key:k", Account(schemes={"key": "k"})),
        ("Cookie: session=s", Account(cookie="session=s")),
    ],
)
def test_a_field_that_proves_something_is_user_as(header: str, account: Account) -> None:
    config = quick("bearer", "basic", "key", headers=[header])

    assert config.accounts == {"a": account}
    assert config.headers == ()


def test_other_fields_go_with_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "shh")

    config = quick("bearer", headers=["X-Tenant: $A_SECRET", "Accept-Language: de: CH"])

    assert config.accounts == {}
    assert dict(config.headers) == {"X-Tenant": "shh", "Accept-Language": "de: CH"}
    assert config.secret_headers == {"X-Tenant": "shh"}


def test_authorization_is_sent_as_it_is_where_the_document_declares_no_scheme() -> None:
    assert quick(headers=["Authorization: Custom t"]).accounts == {"a": Account(headers={"Authorization": "Custom t"})}


@pytest.mark.parametrize(("given", "told"), [({"headers": ["X-Key"]}, "-H takes"), ({"auth": "ada"}, "--auth takes")])
def test_an_option_of_another_form_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SetUpError, match=told):
        quick("basic", **given)
