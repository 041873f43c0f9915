"""What one application is made of, for those who need more than the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson
from flask import Flask

from .auth.sessions import find_tier
from .auth.tokens import AccessTokens
from .backends.cache import AnswerCache
from .backends.connections import repeating
from .backends.limiter import Limits
from .backends.outage import Outage
from .backends.revisions import SchemaCheck
from .backends.store import find_generations
from .backends.workers import Workers
from .books.idempotency import KeysInFlight
from .books.views import ViewCounter
from .contract.contract import Contract, ContractError
from .representation.cursors import Cursors
from .settings import Settings


@dataclass(frozen=True)
class Services:
    """The services of one application; nothing of them outlives it."""

    settings: Settings
    contract: Contract
    limits: Limits
    cache: AnswerCache
    tokens: AccessTokens
    cursors: Cursors
    views: ViewCounter
    keys_in_flight: KeysInFlight
    workers: Workers
    tier_of: Callable[[int], str | None]
    # Whether Redis is left alone just now: limits and cache share it.
    redis: Outage
    # What answers depend on beside the request and the store: a kept one is found by the same edition alone.
    edition: str
    # The operations whose handlers know the caller.
    personal: set[str] = field(default_factory=set)
    # The operations that are refused from the moment on in which the server is asked to stop.
    refused_while_stopping: set[str] = field(default_factory=set)
    schema: SchemaCheck = field(default_factory=SchemaCheck)
    # What is noted after each 200 of an operation, by its id.
    after_200: dict[str, Callable[["Services", dict[str, Any]], None]] = field(default_factory=dict)
    # What a kept answer of an operation depends on, by its id: names, with the operation's arguments in braces.
    shows: dict[str, tuple[str, ...]] = field(default_factory=dict)


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
    secrets = (settings.secret_key, settings.previous_secret_key)

    @repeating
    def tier_in_store(user_id: int) -> str | None:
        with app.app_context():
            return find_tier(user_id)

    @repeating
    def generations_in_store(slots: Sequence[int]) -> list[str]:
        with app.app_context():
            return find_generations(slots)

    redis = Outage("Redis")

    return Services(
        settings=settings,
        contract=contract,
        limits=Limits(app, settings, redis),
        cache=AnswerCache(app, settings, generations_in_store, redis),
        tokens=AccessTokens(*secrets, contract.lifetime("expires_in")),
        cursors=Cursors(*secrets),
        views=ViewCounter(),
        keys_in_flight=KeysInFlight(),
        workers=Workers(settings.threads, settings.timeouts.request),
        tier_of=tier_in_store,
        redis=redis,
        edition=edition_of(contract, settings),
    )


def edition_of(contract: Contract, settings: Settings) -> str:
    """Name the document, and the secret that signs cursors, without showing it."""
    secret = blake2b(settings.secret_key.encode()).digest()
    return blake2b(orjson.dumps(contract.raw), key=secret, digest_size=8).hexdigest()
