"""The order in which a request passes through the steps of the edge, the first one outermost."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from flask import Flask

from ..backends.connections import repeating
from ..backends.generations import ANYTHING
from ..contract.contract import Operation
from ..handler_marks import Marks
from ..representation.answer import Answer
from ..request_context import RequestContext
from ..services import Services
from .access_log import log_access
from .after_200 import After200
from .asgi import Around, Inner, Step, adding, before, compose
from .authentication import Authentication, refuse_bad_token
from .client_address import TrustedProxies
from .conditional import answer_condition
from .connection import close_connection
from .cors import Cors, answer_preflight
from .deadlines import FOR_WORK, HEALTH, Deadlines
from .errors import answer_errors
from .head import answer_head
from .measuring import CountingKept, Measuring
from .rate_limiting import RateLimiting, announce_limits
from .readiness import refuse_while_stopping, refusing_other_tables
from .request_id import name_request, say_id
from .response_cache import AnswerNames, CallerFirst, ResponseCache
from .session import asks_for_session, require_token, requiring_caller
from .site import Site
from .sizes import Sizes
from .tier import Tiers
from .validation import Validation, refuse_invalid


class KnownHandler(Protocol):
    """What the edge knows of a handler."""

    marks: Marks
    knows_caller: bool

    def note_200(self, request: RequestContext) -> None:
        """Do what the handler wants done after each 200."""


def for_every_request(services: Services) -> Sequence[Around]:
    """Return the steps that every request meets, whatever it asks for."""
    settings, contract = services.settings, services.contract
    proxies, cors = TrustedProxies(settings.trusted_proxies, settings.root_path), Cors(settings, contract)
    measuring = [Measuring(services.figures.requests)] if services.figures else []
    return [
        *measuring,
        log_access,
        before(name_request, proxies.find_client),
        adding(cors.say_who_may_read, announce_limits, say_id, close_connection),
        answer_errors,
        Sizes(contract.size_limits).read_content,
        before(answer_preflight, Site(contract).find_page),
    ]


def for_unrouted_requests(services: Services) -> Inner:
    """Return what counts a request that leads to no operation, before it is refused."""
    limiting = RateLimiting(services.limits, services.contract.unrouted, services.redis)
    return compose([before(Authentication(services.tokens).verify_token), limiting.step()], _refused_next)


async def _refused_next(_request: RequestContext) -> Answer:
    return Answer(404)


def for_operation(services: Services, flask: Flask, handler: KnownHandler, operation: Operation) -> Sequence[Around]:
    """
    Return the steps of an operation that stand before its view.

    What waits for the store, or for Redis, does so within the deadline. What does not wait comes before that.
    """
    deadlines = Deadlines(operation, services.settings.timeouts.request)
    steps: list[Around] = [deadlines] if services.limits.is_remote else []
    if handler.marks.is_refused_while_stopping:
        steps.append(before(refuse_while_stopping))
    steps += [
        *_counting(services, operation, deadlines),
        before(*_refusing(operation), Validation(operation).validate),
    ]
    if operation.method == "GET":
        steps += _reading(services, flask, handler, operation, deadlines)
    return [*steps, deadlines]


def in_the_thread(services: Services, operation: Operation) -> Sequence[Callable[[RequestContext], None]]:
    """Return what is asked of the store before the view is, with one connection and in one transaction."""
    if HEALTH in operation.raw["tags"]:
        # Liveness asks no database, and readiness looks for itself each time.
        return ()
    return (refusing_other_tables(services.schema), requiring_caller(operation), refuse_invalid)


def _counting(services: Services, operation: Operation, deadlines: Deadlines) -> Iterator[Around]:
    yield before(Authentication(services.tokens).verify_token)
    if any(policy.tier for policy in operation.policies):
        yield Tiers(services.tier_of, services.cache, services.workers.reads, deadlines).find_tier
    if operation.policies:
        # An operation without limits, such as liveness, must answer whatever hangs.
        yield RateLimiting(services.limits, operation.policies, services.redis).step()


def _refusing(operation: Operation) -> Iterator[Step]:
    if "401" in operation.raw["responses"]:
        yield refuse_bad_token
    if not operation.is_public:
        yield require_token


def _reading(
    services: Services, flask: Flask, handler: KnownHandler, operation: Operation, deadlines: Deadlines
) -> Iterator[Around]:
    if handler.marks.after_200:
        yield After200(handler.note_200)
    yield answer_head
    yield answer_condition
    if operation.cache and operation.cache.get("store"):
        names = answer_names(services, handler, operation)
        seconds = services.settings.timeouts.request * FOR_WORK
        if asks_for_session(operation):
            require_caller = in_context_of(flask, requiring_caller(operation))
            yield CallerFirst(require_caller, operation, services.workers.reads, deadlines)
        if services.figures:
            services.figures.cache.expect([operation.id])
            yield CountingKept(services.figures.cache, operation.id)
        yield ResponseCache(names, services.cache, services.workers.reads, services.redis, seconds, deadlines)


def in_context_of(flask: Flask, check: Callable[[RequestContext], None]) -> Callable[[RequestContext], None]:
    """Have a check find the store, in a thread where nothing else has found it."""

    @repeating
    def checked(request: RequestContext) -> None:
        with flask.app_context():
            check(request)

    return checked


def answer_names(services: Services, handler: KnownHandler, operation: Operation) -> AnswerNames:
    """Return what the kept answers of an operation are named after."""
    return AnswerNames(
        operation=operation,
        edition=services.edition,
        shows=handler.marks.shows or (ANYTHING,),
        are_personal=not operation.is_public or handler.knows_caller,
    )
