"""Other services that keep the contract too: each does one thing as others do it."""

import gzip
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .connection import Manner
from .messages import Answer, Fault, Request
from .preconditions import packed
from .service import Call, Service, invalid


class OldVersion(Manner):
    """Answers with HTTP/1.0, and ends each connection."""

    version = "HTTP/1.0"


class Chunked(Manner):
    """Says of no answer how long it is."""

    def has_length(self, request: Request) -> bool:
        return False


class WithoutLengthOfHead(Manner):
    """Says of an answer to HEAD not how long that to GET is (RFC 9110, section 8.6)."""

    def has_length(self, request: Request) -> bool:
        return request.method != "HEAD"


class Slow(Manner):
    """Takes its time."""

    def dressed(self, request: Request, answer: Answer) -> Answer:
        time.sleep(0.03)
        return answer


class OtherOrder(Manner):
    """Writes the members of objects in another order, and JSON with more space."""

    def dressed(self, request: Request, answer: Answer) -> Answer:
        if answer.content:
            answer.content = json.dumps(turned(json.loads(answer.content)), indent=1).encode()
        return answer


def turned(value: object) -> object:
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


class MoreFields(Manner):
    """Says more in the header section than the document does."""

    def dressed(self, request: Request, answer: Answer) -> Answer:
        more = {
            "Server": "library",
            "X-Content-Type-Options": "nosniff",
            "Via": "1.1 shelf",
            "Server-Timing": "all;dur=3",
        }
        answer.fields |= more | {"Age": "0"} if answer.status == 200 else more
        return answer


class Packed(Manner):
    """Compresses for clients that can read it, under a tag of its own."""

    def dressed(self, request: Request, answer: Answer) -> Answer:
        accepted = re.split(r"\s*,\s*", request.field("accept-encoding") or "")
        answer.fields["Vary"] = answer.fields["Vary"] + ", Accept-Encoding"
        if "gzip" not in accepted:
            return answer
        if "ETag" in answer.fields:
            answer.fields["ETag"] = packed(answer.fields["ETag"])
        if answer.content:
            answer.content = gzip.compress(answer.content, mtime=0)
            answer.fields["Content-Encoding"] = "gzip"
        return answer


class LowerCase(Manner):
    """Writes the names of header fields in lower case."""

    def spelt(self, name: str) -> str:
        return name.lower()


class UpperCase(Manner):
    """Writes the names of header fields in upper case."""

    def spelt(self, name: str) -> str:
        return name.upper()


@dataclass(frozen=True)
class Variant:
    """How a variant differs."""

    manner: Manner = field(default_factory=Manner)
    admin: str = "librarian"
    ahead: float = 0
    refuses_other_schemes: bool = False
    prepare: Callable[[Service], None] = lambda service: None


def refuse_odd_emails(service: Service) -> None:
    """Refuse emails that the pattern allows, and that are none: two dots beside each other, a dot at an end."""
    register = service.handlers["register_user"]

    def stricter(service: Service, call: Call) -> Answer:
        if ".." in call.content["email"] or ".@" in call.content["email"]:
            raise invalid(Fault("/email", "email", "This is no email (RFC 5321)."))
        return register(service, call)

    service.handlers = service.handlers | {"register_user": stricter}


def take_few_at_once(service: Service) -> None:
    """Answer 503 to what comes while many others wait (RFC 9110, section 15.6.4)."""
    service.most_at_once = 6


def begin_elsewhere(service: Service) -> None:
    """Give the first ids far from one."""
    service.books.last_id = 70_000
    service.accounts.last_id = 3_000


VARIANTS = {
    "plain": Variant(),
    "http-1.0": Variant(OldVersion()),
    "chunked": Variant(Chunked()),
    "head-without-length": Variant(WithoutLengthOfHead()),
    "slow": Variant(Slow()),
    "other-order": Variant(OtherOrder()),
    "more-fields": Variant(MoreFields()),
    "packed": Variant(Packed()),
    "lower-case": Variant(LowerCase()),
    "upper-case": Variant(UpperCase()),
    "clock-ahead": Variant(ahead=90),
    "admin-called-admin": Variant(admin="admin"),
    "bearer-alone": Variant(refuses_other_schemes=True),
    "strict-emails": Variant(prepare=refuse_odd_emails),
    "few-at-once": Variant(prepare=take_few_at_once),
    "high-ids": Variant(prepare=begin_elsewhere),
}
