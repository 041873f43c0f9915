"""Security: the kinds of credentials that a document knows, and which of them an operation asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .lines import DocumentError
from .source import Source

# The types of schemes that have a name in WWW-Authenticate (RFC 9110, section 11.6.1).
CHALLENGED = ("http", "oauth2", "openIdConnect")
# Alternatives of security schemes: one is enough, and of one every scheme is needed, with its scopes.
Alternatives = tuple[Mapping[str, tuple[str, ...]], ...]
Place = Literal["header", "cookie", "query"]
PLACES: Mapping[Any, Place] = {"header": "header", "cookie": "cookie", "query": "query"}


@dataclass(frozen=True)
class Flow:
    """
    A way to get a token (OpenAPI 3.0.3, section 4.7.25, and 3.1, section 4.8.29, OAuth Flow Object).

    `name` is password, clientCredentials, implicit or authorizationCode; `token_url` is as the document writes it, empty
    where the flow has none.
    """

    name: str
    token_url: str


@dataclass(frozen=True)
class Carried:
    """A value that proves something, as it stands in a request: `text` under a name at a place."""

    place: Place
    name: str
    text: str


@dataclass(frozen=True)
class SecurityScheme:
    """
    A kind of credential (OpenAPI 3.0.3, section 4.7.23, and 3.1, section 4.8.27, Security Scheme Object).

    `type` is http, apiKey, oauth2, openIdConnect or mutualTLS, `scheme` that of HTTP in lower case (RFC 9110, section
    11.1), bearer where the document says none. `place` and `parameter` say where an API key goes; both are empty for the
    others. `flows` are those of oauth2, `discovery` is the address that tells of openIdConnect. `description` is what the
    document says of it in words. `is_declared` is false where a challenge of the service alone has shown it.
    """

    name: str
    type: str
    scheme: str
    place: str
    parameter: str
    flows: tuple[Flow, ...] = ()
    discovery: str = ""
    description: str = ""
    is_declared: bool = True

    @property
    def takes_token(self) -> bool:
        """Whether it takes a token in Authorization: of HTTP all schemes but basic, OAuth 2 and OpenID Connect."""
        return self.type in ("oauth2", "openIdConnect") or (self.type == "http" and self.scheme != "basic")

    @property
    def is_bearer(self) -> bool:
        """Whether it takes a bearer token (RFC 6750, section 2.1)."""
        return self.takes_token and self.scheme == "bearer"

    @property
    def takes_password(self) -> bool:
        """Whether it takes a user name and a password in every request (RFC 7617)."""
        return self.type == "http" and self.scheme == "basic"

    @property
    def is_key(self) -> bool:
        """Whether it is an API key, in a header, a cookie or the query."""
        return self.type == "apiKey" and self.place in PLACES

    def carry(self, value: str, prefix: str = "") -> Carried | None:
        """
        Return how a request carries a value of this scheme; None where no field can, as with a certificate.

        `prefix` is a word before a token, in place of the name of its scheme of HTTP, or before a key.
        """
        if self.is_key:
            return Carried(PLACES[self.place], self.parameter, f"{prefix} {value}" if prefix else value)
        if self.takes_token or self.takes_password:
            return Carried("header", "Authorization", f"{prefix or self.scheme.title()} {value}")
        return None


@dataclass(frozen=True)
class Security:
    """The security schemes of a document by name, and what its root asks for where an operation does not say."""

    schemes: Mapping[str, SecurityScheme]
    default: Alternatives

    def usual(self, asked: Alternatives) -> Alternatives:
        """Return what is asked for; else what the root asks for, else each scheme by itself."""
        return asked or self.default or tuple({name: ()} for name in self.schemes)

    def named_in(self, alternatives: Alternatives) -> list[SecurityScheme]:
        """Return the schemes that alternatives name, each once, in their order; names that are not declared are left out."""
        names = dict.fromkeys(name for alternative in alternatives for name in alternative)
        return [self.schemes[name] for name in names if name in self.schemes]

    def takes_bearer(self, asked: Alternatives) -> bool:
        """Tell whether one of the alternatives, or what is usual where there is none, takes a bearer token."""
        return any(scheme.is_bearer for scheme in self.named_in(self.usual(asked)))

    @property
    def has_challenges(self) -> bool:
        """Whether a 401 can name each scheme: no challenge stands for a key in a field of its own, or for a certificate."""
        return bool(self.schemes) and all(scheme.type in CHALLENGED for scheme in self.schemes.values())


def of_challenges(challenges: Mapping[str, str]) -> Mapping[str, SecurityScheme]:
    """Return the security schemes that challenges of a service name, by the names given to them."""
    return {
        name: SecurityScheme(name, "http", scheme, "", "", is_declared=False) for name, scheme in challenges.items()
    }


def read_schemes(source: Source) -> Mapping[str, SecurityScheme]:
    """Return the security schemes of a document by name; one of another form is a mistake of the document."""
    components = source.mapping(source.raw.get("components", {}), "map of components", "name them by kind")
    nodes = source.mapping(components.get("securitySchemes", {}), "map of security schemes", "name them")
    return {name: read_scheme(source, name, node) for name, node in nodes.items()}


def read_scheme(source: Source, name: str, node: Any) -> SecurityScheme:
    """Return a security scheme; one without a type where the node has another form, which is a mistake."""
    declaration = source.mapping(node, "security scheme", "write its type")
    kind = str(declaration.get("type", ""))
    is_key = kind == "apiKey"
    flows = declaration.get("flows")
    return SecurityScheme(
        name=name,
        type=kind,
        scheme=str(declaration.get("scheme", "bearer")).lower() if kind == "http" else "bearer",
        place=str(declaration.get("in")) if is_key else "",
        parameter=str(declaration.get("name")) if is_key else "",
        flows=tuple(read_flows(flows)) if isinstance(flows, dict) else (),
        discovery=str(declaration.get("openIdConnectUrl", "")),
        description=str(declaration.get("description", "")),
    )


def read_flows(flows: Mapping[str, Any]) -> list[Flow]:
    """Return the flows of an OAuth Flows Object; what has another form is left out."""
    return [Flow(name, str(flow.get("tokenUrl", ""))) for name, flow in flows.items() if isinstance(flow, dict)]


def alternatives_of(required: Any, where: str) -> Alternatives:
    """
    Return the alternatives of security schemes, each with the scopes of all that it asks for together.

    They are a list of Security Requirement Objects (OpenAPI 3.0.3, section 4.7.30, and 3.1, section 4.8.30); another form
    raises DocumentError, which names the place `where`.
    """
    choices = required if isinstance(required, list) else [required]
    scopes_listed = all(
        isinstance(each, list) for choice in choices if isinstance(choice, dict) for each in choice.values()
    )
    if not (isinstance(required, list) and all(isinstance(choice, dict) for choice in choices) and scopes_listed):
        raise DocumentError(f"{where}: its security is no list of schemes: write [{{NAME: []}}]")
    return tuple({name: tuple(scopes) for name, scopes in choice.items()} for choice in required)


def read_alternatives(source: Source, required: Any, pointer: str) -> Alternatives:
    """Return the alternatives of security schemes; none where they are written in another form, which is a mistake."""
    try:
        return alternatives_of(required, source.where(pointer))
    except DocumentError as problem:
        source.mistake(str(problem))
        return ()
