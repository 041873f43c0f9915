"""Media type, parameters and content, each against the document, with validators compiled at start."""

from email.message import Message as MimeHeader
from typing import Any

from ..contract.contract import Operation
from ..contract.json_text import parse_json
from ..contract.parameters import ParameterValidator
from ..contract.validators import ContentValidator
from ..problems import MOST_FAULTS, InvalidContent, MalformedContent, Problem, UnsupportedMediaType
from ..request_context import RequestContext
from .session import asks_for_session

# A type, a subtype and parameters (RFC 6838, section 4.2: 127 characters a name); the parser's time grows with the square.
LONGEST_TYPE = 300


class Validation:
    """Checks 415, 400 and 422 in the order of the contract and leaves the parsed arguments for the handler."""

    def __init__(self, operation: Operation) -> None:
        self.parameters = ParameterValidator(operation)
        content = operation.contract.resolve(operation.raw.get("requestBody", {})).get("content", {})
        self._asks_for_session = asks_for_session(operation)
        self.contents = {media: ContentValidator(operation.contract, each["schema"]) for media, each in content.items()}

    def validate(self, request: RequestContext) -> None:
        """
        Check a request, and keep what came of it.

        The refusal of a request with a token is kept too: who asks with a session that has ended must learn that first.
        Raises UnsupportedMediaType, InvalidParameter, MalformedContent or InvalidContent.
        """
        try:
            self._validate(request)
        except Problem as problem:
            if request.claims is None or not self._asks_for_session:
                raise
            request.refusal = problem

    def _validate(self, request: RequestContext) -> None:
        validator = self._content_validator(request) if self.contents else None
        request.arguments, request.query = self.parameters.read(
            request.path_values, request.query_string, request.fields
        )
        if validator:
            request.arguments["body"] = _validated(validator, request.content)

    def _content_validator(self, request: RequestContext) -> ContentValidator | None:
        types = request.values(b"content-type")
        if not types and not request.content:
            return next(iter(self.contents.values()))
        if len(types) != 1 or len(types[0]) > LONGEST_TYPE or request.values(b"content-encoding"):
            raise self._unsupported()
        header = MimeHeader()
        header["content-type"] = types[0]
        if str(header.get_param("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
            raise self._unsupported()
        # A field that cannot be parsed is read as text/plain, which no operation takes.
        if header.get_content_type() not in self.contents:
            raise self._unsupported()
        return self.contents[header.get_content_type()]

    def _unsupported(self) -> UnsupportedMediaType:
        return UnsupportedMediaType(f"Send the content as {' or '.join(self.contents)}, in UTF-8 and not encoded.")


def refuse_invalid(request: RequestContext) -> None:
    """
    Refuse what validation has found wrong, now that the caller is known.

    Raises that problem.
    """
    if request.refusal is not None:
        raise request.refusal


def _validated(validator: ContentValidator, content: bytes) -> Any:
    if not content:
        raise MalformedContent("This operation needs content, and there is none.")
    value = parse_json(content)
    if faults := validator.faults(value):
        places = "1 place" if len(faults) == 1 else f"{len(faults)} places"
        more = " or more" if len(faults) == MOST_FAULTS else ""
        raise InvalidContent(f"The content breaks its schema in {places}{more}: see errors.", faults=faults)
    return value
