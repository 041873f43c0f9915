"""What proves who sends a request: in header fields, in cookies or in the query."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..contract.security import Carried
from .exchange import Headers


@dataclass(frozen=True)
class Credential:
    """
    All that a request carries to prove who sends it; each value by its name, empty where nothing is needed.

    Header fields are as in RFC 9110, section 11.6.2, or API keys; cookies as in RFC 6265, section 4.2.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, *parts: Carried) -> "Credential":
        """Return a credential of several parts, each at its place."""
        at: dict[str, dict[str, str]] = {"header": {}, "cookie": {}, "query": {}}
        for part in parts:
            at[part.place][part.name] = part.text
        return cls(at["header"], at["cookie"], at["query"])

    def __bool__(self) -> bool:
        return bool(self.headers or self.cookies or self.query)

    def __or__(self, other: "Credential") -> "Credential":
        """Return both together; the other one counts where they have the same name."""
        return Credential(
            {**self.headers, **other.headers}, {**self.cookies, **other.cookies}, {**self.query, **other.query}
        )

    def without_header(self, name: str) -> "Credential":
        """Return it without a header field, such as the one that a law forges."""
        kept = {key: value for key, value in self.headers.items() if key.lower() != name.lower()}
        return Credential(kept, self.cookies, self.query)

    def apply(self, headers: Headers, target: str) -> tuple[Headers, str]:
        """
        Return the header fields and the target (path and query) of a request with this credential among them.

        A header field or a query parameter that the request has already stays as it is.
        """
        return [*self.missing_from(headers), *self._with_cookies(headers)], self._with_query(target)

    def is_shown_by(self, headers: Headers, target: str) -> bool:
        """Tell whether a request shows every part of this credential."""
        fields = {name.lower(): value for name, value in headers}
        cookies = fields.get("cookie", "").split("; ")
        pairs = target.partition("?")[2].split("&")
        return (
            all(fields.get(name.lower()) == value for name, value in self.headers.items())
            and all(f"{name}={value}" in cookies for name, value in self.cookies.items())
            and all(urlencode({name: value}) in pairs for name, value in self.query.items())
        )

    def missing_from(self, headers: Headers) -> Headers:
        """Return its header fields that a request does not have yet."""
        present = {name.lower() for name, _ in headers}
        return [(name, value) for name, value in self.headers.items() if name.lower() not in present]

    def _with_cookies(self, headers: Headers) -> Headers:
        """Return header fields with its cookies, in the one Cookie field that a request may have."""
        if not self.cookies:
            return headers
        own = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = [value for name, value in headers if name.lower() == "cookie"]
        others = [pair for pair in headers if pair[0].lower() != "cookie"]
        return [*others, ("Cookie", "; ".join([*sent, own]))]

    def _with_query(self, target: str) -> str:
        path, _, query = target.partition("?")
        present = {pair.partition("=")[0] for pair in query.split("&")}
        missing = {name: value for name, value in self.query.items() if urlencode({name: ""})[:-1] not in present}
        parts = [part for part in (query, urlencode(missing)) if part]
        return f"{path}?{'&'.join(parts)}" if parts else target

    def texts(self) -> Iterator[str]:
        """Yield every text of it that a request shows, which no report may."""
        yield from self.headers.values()
        yield from self.cookies.values()
        for value in self.query.values():
            yield value
            yield urlencode({"": value})[1:]
