"""The order in which a request passes through the steps of the edge, the first one outermost."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..backends.generations import ANYTHING
from ..contract.contract import Operation
from ..handler_marks import Marks
from ..request_context import RequestContext
from ..services import Services
from .access_log import log_access
from .after_200 import After200
from .asgi import Around, Step, before
from .authentication import Authentication, refuse_bad_token
from .client_address import TrustedProxies
from .conditional import answer_condition
from .connection import close_connection
from .cors import Cors, answer_preflight
from .deadlines import FOR_WORK, Deadlines
from .errors import answer_errors
from .head import answer_head
from .rate_limiting import RateLimiting, announce_limits
from .readiness import refuse_while_stopping
from .request_id import name_request
from .response_cache import AnswerNames, ResponseCache
from .site import Site
from .sizes import Sizes
from .tier import Tiers
from .validation import Validation


class KnownHandler(Protocol):
    """What the edge knows of a handler."""

    marks: Marks
    knows_caller: bool

    def note_200(self, request: RequestContext) -> None:
        """Do what the handler wants done after each 200."""


Handlers = Mapping[str, KnownHandler]


def for_every_request(services: Services) -> Sequence[Around]:
    """Return the steps that every request meets, whatever it asks for."""
    settings, contract = services.settings, services.contract
    return [
        log_access,
        close_connection,
        name_request,
        announce_limits,
        before(TrustedProxies(settings.trusted_proxies, settings.root_path).find_client),
        Cors(settings, contract),
        answer_errors,
        before(Sizes(contract.sizes).read_content),
        before(answer_preflight),
        before(Site(contract).find_page),
    ]


def for_unrouted_requests(services: Services) -> Sequence[Step]:
    """Return the steps of a request that leads to no operation, before it is refused."""
    limiting = RateLimiting(services.limits, services.contract.unrouted, services.redis)
    return [Authentication(services.tokens).verify_token, limiting.count]


def before_security(services: Services, handlers: Handlers, operation: Operation) -> Sequence[Around]:
    """Return the steps of an operation that stand before the session and the role are asked for."""
    limiting = RateLimiting(services.limits, operation.policies, services.redis)
    steps: list[Around] = [Deadlines(operation, services.settings.timeouts.request)]
    if handlers[operation.id].marks.is_refused_while_stopping:
        steps.append(before(refuse_while_stopping))
    steps.append(before(Authentication(services.tokens).verify_token))
    if any(policy.tier for policy in operation.policies):
        steps.append(before(Tiers(services.tier_of, services.cache, services.workers.reads).find_tier))
    steps.append(before(limiting.count))
    if "401" in operation.raw["responses"]:
        steps.append(before(refuse_bad_token))
    return steps


def after_security(services: Services, handlers: Handlers, operation: Operation) -> Sequence[Around]:
    """Return the steps of an operation that stand between the caller and the handler."""
    handler = handlers[operation.id]
    steps: list[Around] = [before(Validation(operation).validate)]
    if operation.method != "GET":
        return steps
    if handler.marks.after_200:
        steps.append(After200(handler.note_200))
    steps += [answer_head, answer_condition]
    if operation.cache and operation.cache.get("store"):
        names = answer_names(services, handler, operation)
        seconds = services.settings.timeouts.request * FOR_WORK
        steps.append(ResponseCache(names, services.cache, services.workers.reads, services.redis, seconds))
    return steps


def answer_names(services: Services, handler: KnownHandler, operation: Operation) -> AnswerNames:
    """Return what the kept answers of an operation are named after."""
    return AnswerNames(
        operation=operation,
        edition=services.edition,
        shows=handler.marks.shows or (ANYTHING,),
        are_personal=not operation.is_public or handler.knows_caller,
    )
