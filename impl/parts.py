"""What one application is made of, for those who need more than the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from .auth.sessions import find_tier
from .books.idempotency import KeysInFlight
from .books.views import ViewCounter
from .caching import AnswerCache
from .cursors import Cursors
from .limits import Limits
from .policy import Contract
from .revisions import SchemaCheck
from .settings import Settings
from .store import find_generation
from .tokens import AccessTokens
from .workers import Workers


@dataclass(frozen=True)
class Parts:
    """One application's parts; nothing of them outlives it."""

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
    schema: SchemaCheck = field(default_factory=SchemaCheck)
    # What is noted after each 200 of an operation, by its id.
    after_200: dict[str, Callable[["Parts", dict[str, Any]], None]] = field(default_factory=dict)


def make_parts(app: Flask, settings: Settings) -> Parts:
    """
    Read the document and make everything that follows from it and from the settings.

    Raises ContractError.
    """
    contract = Contract.load(settings.document)
    secrets = (settings.secret_key, settings.previous_secret_key)

    def tier_in_store(user_id: int) -> str | None:
        with app.app_context():
            return find_tier(user_id)

    def generation_in_store() -> str:
        with app.app_context():
            return find_generation()

    return Parts(
        settings=settings,
        contract=contract,
        limits=Limits(app, settings),
        cache=AnswerCache(app, settings, generation_in_store),
        tokens=AccessTokens(*secrets, contract.lifetime("expires_in")),
        cursors=Cursors(*secrets),
        views=ViewCounter(),
        keys_in_flight=KeysInFlight(),
        workers=Workers(settings.threads),
        tier_of=tier_in_store,
    )
