"""What was sent and what came back: exchanges, how they are sent, compared and shown as a script."""

from .cache_control import directives, lifetime
from .client import Client
from .compare import distinguishing_answers, race
from .connection import SAFE_METHODS, Admission, Connection
from .credential import Credential
from .exchange import Exchange, Headers
from .links import links_of_field
from .outcomes import missing_check, missing_header, succeeded
from .raw_socket import PATIENCE, RawExchange, in_a_row, in_http_1_0

__all__ = [
    "PATIENCE",
    "SAFE_METHODS",
    "Admission",
    "Client",
    "Connection",
    "Credential",
    "Exchange",
    "Headers",
    "RawExchange",
    "directives",
    "distinguishing_answers",
    "in_a_row",
    "in_http_1_0",
    "lifetime",
    "links_of_field",
    "missing_check",
    "missing_header",
    "race",
    "succeeded",
]
