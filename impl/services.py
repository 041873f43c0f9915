"""What one application is made of, for those who need more than the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import orjson
from flask import Flask

from .auth import passwords
from .auth.service import SignIn
from .auth.sessions import find_tier
from .auth.tokens import AccessTokens
from .backends.bounded_redis import BoundedRedis
from .backends.cache import AnswerCache
from .backends.connections import repeating
from .backends.limiter import Limits
from .backends.outage import Outage
from .backends.revisions import SchemaCheck
from .backends.store import find_generations
from .backends.transactions import Store
from .backends.workers import Workers
from .books.idempotency import KeysInFlight
from .books.views import ViewCounter
from .contract.contract import Contract, ContractError
from .metrics.figures import Figures, of_connections, of_deadlines, of_limits, of_pools, of_redis
from .representation.cursors import Cursors
from .settings import Settings
from .system.service import BoundedChecks, Health


@dataclass(frozen=True)
class Services:
    """The services of one application, made once and never changed; a handler is given those that it names."""

    settings: Settings
    contract: Contract
    limits: Limits
    cache: AnswerCache
    store: Store
    tokens: AccessTokens
    sign_in: SignIn
    cursors: Cursors
    views: ViewCounter
    keys_in_flight: KeysInFlight
    workers: Workers
    tier_of: Callable[[int], str | None]
    # What a request asks of Redis; limits and cache share it.
    redis: BoundedRedis
    schema: SchemaCheck
    health: Health
    # What answers depend on beside the request and the store: a kept one is found by the same edition alone.
    edition: str
    # What is measured; None where METRICS_PORT is not set.
    figures: Figures | None


def make_services(app: Flask, settings: Settings) -> Services:
    """
    Read the document and make everything that follows from it and from the settings.

    Raises ContractError, or SettingsError where the two do not fit each other.
    """
    try:
        contract = Contract.load(settings.document)
    except ContractError as error:
        raise ContractError(f"{error} (the document that OPENAPI_DOCUMENT names)") from None
    settings.check_groups(contract.origin_groups)
    passwords.use(passwords.CHEAP if settings.has_cheap_passwords else passwords.SAFE)
    secrets = (settings.secret_key, settings.previous_secret_key)

    @repeating
    def tier_in_store(user_id: int) -> str | None:
        with app.app_context():
            return find_tier(user_id)

    @repeating
    def generations_in_store(slots: Sequence[int]) -> list[str]:
        with app.app_context():
            return find_generations(slots)

    outage = Outage("Redis")
    cache = AnswerCache(app, settings, generations_in_store, outage)
    store = Store(cache, has_one_writer=settings.database_url.startswith("sqlite"))
    limits = Limits(app, settings, outage)
    tokens = AccessTokens(*secrets, contract.lifetime("expires_in"))
    workers = Workers(settings.threads, settings.timeouts.request)
    schema = SchemaCheck()
    figures = None
    if settings.metrics_port:
        sources = [of_connections(app), of_pools(workers.pools), of_limits(limits, contract), of_deadlines]
        if settings.redis_url:
            sources.append(of_redis(outage))
        figures = Figures(sources)
    optional = {"limiter": limits.is_counting, "cache": cache.is_keeping}

    return Services(
        settings=settings,
        contract=contract,
        limits=limits,
        cache=cache,
        store=store,
        tokens=tokens,
        sign_in=SignIn(store, tokens, contract),
        cursors=Cursors(*secrets),
        views=ViewCounter(),
        keys_in_flight=KeysInFlight(),
        workers=workers,
        tier_of=tier_in_store,
        redis=BoundedRedis(outage, workers.redis),
        schema=schema,
        health=Health(schema, optional, BoundedChecks(outage, workers.checks) if limits.is_remote else None),
        edition=edition_of(contract, settings),
        figures=figures,
    )


def edition_of(contract: Contract, settings: Settings) -> str:
    """Name the document, and the secret that signs cursors, without showing it."""
    secret = blake2b(settings.secret_key.encode()).digest()
    return blake2b(orjson.dumps(contract.raw), key=secret, digest_size=8).hexdigest()
