"""The order of checks, as the document has it, and what is counted on the way."""

import hashlib
import re
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from . import caller, json_text, parameters, preconditions, windows
from .accounts import Account, Accounts
from .books import Books
from .caller import Caller
from .contract import Contract, Operation, Policy
from .messages import Answer, Fault, Refused, Request
from .origins import Origins
from .pages import Cursors
from .shapes import faults
from .tokens import Tokens
from .windows import Count, Windows

CHARSET = re.compile(r'(?i:application/(?:[a-z-]+\+)?json)(?:\s*;\s*(?i:charset)="?(?i:utf-8)"?)?\s*')


class Call:
    """One request on its way through the checks: what is known of it by now."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.operation: Operation | None = None
        self.groups: list[str] = []
        self.counts: list[Count] = []
        self.values: dict[str, Any] = {}
        self.content: Any = None
        self.caller: Caller | None = None

    @property
    def account(self) -> Account:
        assert self.caller is not None
        return self.caller.account


class Service:
    """All that the service knows; `lock` is held while a request is worked on."""

    refuses_other_schemes = False

    def __init__(self, contract: Contract, secret: str, origins: Mapping[str, str], now: Callable[[], float]) -> None:
        self.contract = contract
        self.now = now
        self.lock = threading.RLock()
        self.counting = threading.Lock()
        self.tokens = Tokens(secret)
        self.cursors = Cursors(secret)
        self.origins = Origins(origins)
        self.windows = Windows(now)
        self.accounts = Accounts()
        self.books = Books()
        self.replays: dict[tuple[int, str], tuple[str, Answer]] = {}
        self.handlers: dict[str, Callable[[Service, Call], Answer]] = {}
        self.most_at_once = 0  # as many as come
        self.at_work = 0

    def handle(self, request: Request) -> Answer:
        """Answer a request."""
        call = Call(request)
        request_id = secrets.token_hex(8)
        self.count_work(1)
        with self.lock:
            call.groups = self.contract.default_groups
            try:
                answer = self.checked(call)
            except Refused as refused:
                answer = refused.answer(request_id)
                answer.fields.setdefault("Cache-Control", "no-store")
            except Exception:
                traceback.print_exc()
                answer = Refused(500, "internal_error", "The service has a fault.").answer(request_id)
        self.count_work(-1)
        common = {"X-Request-Id": request_id} | windows.told(call.counts)
        answer.fields = answer.fields | common | self.origins.fields(request, call.groups) | vary(answer)
        return answer

    def count_work(self, requests: int) -> None:
        with self.counting:
            self.at_work += requests

    def refuse_many(self) -> None:
        """Refuse what comes while many others wait, and take a moment for the rest, where no more than some are taken."""
        if not self.most_at_once:
            return
        if self.at_work > self.most_at_once:
            raise Refused(503, "unavailable", "There is too much to do: try again later.", Retry_After="1")
        time.sleep(0.002)

    def checked(self, call: Call) -> Answer:
        """Take a request through the checks, in their order, and to its handler."""
        self.refuse_many()
        self.refuse_sizes(call.request)
        path, values = self.routed(call)
        if isinstance(path, Answer):
            return path
        call.operation = path
        call.groups = path.groups
        self.admit(call, path.policies)
        self.authorize(call, path)
        media = path.content
        if media is not None:
            refuse_media_type(call.request, media[0])
        call.values = parameters.read(self.contract, path, values, call.request)
        if media is not None:
            call.content = json_text.parsed(call.request.content)
            found = list(faults(self.contract, media[1], call.content))
            if found:
                raise invalid(*found)
        return self.conditional(call, self.handlers[path.name](self, call))

    def refuse_sizes(self, request: Request) -> None:
        limits = self.contract.sizes
        if len(request.target) > limits["target"]:
            raise Refused(414, "uri_too_long", "The request target is longer than this service reads.")
        if request.header_size > limits["headers"]:
            raise Refused(431, "headers_too_large", "The header section is larger than this service reads.")
        if request.is_too_large:
            raise Refused(413, "content_too_large", "The content is larger than this service reads.")

    def routed(self, call: Call) -> tuple[Operation | Answer, dict[str, str]]:
        """Return the operation that is meant, or the answer to a preflight."""
        request = call.request
        found = self.contract.route(request.target.partition("?")[0])
        if found is None:
            self.admit(call, self.contract.default_policies)
            raise Refused(404, "not_found", "There is nothing at this address.")
        operations, values = found
        if request.method == "OPTIONS" and request.field("origin") and request.field("access-control-request-method"):
            call.groups = []
            return self.origins.preflight(request, operations), values
        method = "GET" if request.method == "HEAD" else request.method
        if method not in operations:
            self.admit(call, self.contract.default_policies)
            allowed = [*operations, *(["HEAD"] if "GET" in operations else []), "OPTIONS"]
            raise Refused(405, "method_not_allowed", "The path has no such method.", Allow=", ".join(allowed))
        return operations[method], values

    def admit(self, call: Call, policies: list[Policy]) -> None:
        """Count a request for its policies; by the subject of its token, if the token is one of ours, else by its address."""
        claims = self.claims(call.request)
        key, tier = f"address {call.request.address}", ""
        if claims is not None:
            key = f"subject {claims['sub']}"
            known = self.accounts.by_id.get(caller.subject(claims))
            tier = known.tier if known else ""
        for policy in policies:
            if policy.by != "body":
                counted_by = key if policy.by == "principal" else f"address {call.request.address}"
                call.counts.append(self.windows.spend(policy, counted_by, policy.limit(tier)))
        refuse_late(call.counts)

    def claims(self, request: Request) -> dict[str, Any] | None:
        try:
            token = caller.token_of(request.field("authorization"))
        except Refused:
            return None
        return None if token is None else self.tokens.read(token, self.now())

    def authorize(self, call: Call, operation: Operation) -> None:
        """Find out who calls; raises Refused for a bad token, also where none is needed, and for a role that may not."""
        if not operation.policies:
            return  # Such an operation has no 401: it looks at no token.
        token = caller.token_of(call.request.field("authorization"), refuses_others=self.refuses_other_schemes)
        if token is None:
            if not operation.is_public:
                raise caller.missing_token()
            return
        claims = self.tokens.read(token, self.now())
        if claims is None:
            raise caller.invalid_token()
        session = self.accounts.sessions.get(claims["sid"])
        account = self.accounts.by_id.get(caller.subject(claims))
        if session is None or account is None or session.account != account.id:
            raise caller.invalid_token()
        call.caller = Caller(account, session)
        if operation.roles == ["admin"] and account.role != "admin":
            raise Refused(403, "forbidden", "Only an admin may do this.")

    def conditional(self, call: Call, answer: Answer) -> Answer:
        """Return a 304 where the caller has what a read shows."""
        is_read = call.request.method in ("GET", "HEAD") and answer.status == 200
        if is_read and "If-None-Match" in call.values:
            answer.fields.setdefault("ETag", f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"')
            if preconditions.is_known(call.values["If-None-Match"], answer.fields["ETag"]):
                del answer.fields["Content-Type"]
                return Answer(304, b"", answer.fields)
        return answer


def refuse_late(counts: list[Count]) -> None:
    """Raise Refused where a policy refuses."""
    refused = [each for each in counts if each.is_refused]
    if refused:
        wait = max(each.seconds for each in refused)
        raise Refused(429, "rate_limited", "A limit is reached: wait as Retry-After says.", Retry_After=str(wait))


def refuse_media_type(request: Request, wanted: str) -> None:
    given = request.field("content-type")
    if given is None and not request.content:
        return
    named = (given or "").partition(";")[0].strip().lower()
    if named != wanted or not CHARSET.fullmatch(given or "") or "content-encoding" in request.fields:
        raise Refused(415, "unsupported_media_type", f"Send the content as {wanted}, in UTF-8 and not encoded.")


def invalid(*found: Fault) -> Refused:
    return Refused(422, "invalid_content", f"The content breaks its schema in {len(found)} places: see errors.", *found)


def vary(answer: Answer) -> dict[str, str]:
    """Keep what a preflight has said of Vary."""
    return {"Vary": answer.fields["Vary"]} if "Vary" in answer.fields else {}
