"""The application factory: all wiring, on one screen."""

from functools import partial

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.security import SecurityMiddleware
from flask import Flask

from . import current
from .auth.sessions import find_caller
from .caching import AnswerCache
from .connexion_adapters.flask_operations import FlaskOperations
from .connexion_adapters.per_operation import PerOperation
from .connexion_adapters.resolver import HandlerResolver
from .connexion_adapters.routing import Routing
from .connexion_adapters.security import BearerSession, with_tokens_everywhere
from .edge.answers import Answers
from .edge.cors import Cors
from .edge.entrance import Entrance
from .edge.errors import Errors
from .edge.limiting import Limiting
from .edge.sizes import Sizes
from .edge.validation import Validation
from .limits import Limits
from .logs import configure_logs
from .memory import migrate_apart, return_freed_memory
from .parts import Parts
from .policy import Contract
from .settings import Settings, load_settings
from .store import db
from .tokens import AccessTokens, Claims
from .workers import Workers


def create_app(settings: Settings | None = None) -> ConnexionMiddleware:
    """
    Build the whole service as an ASGI application.

    Raises SettingsError or ContractError, each with one line that says what to mend.
    """
    flask = create_flask(settings)
    parts: Parts = flask.extensions["bookplate"]
    contract, workers = parts.contract, Workers(parts.settings.threads)

    def caller_in_store(claims: Claims) -> current.Caller | None:
        with flask.app_context():
            return find_caller(claims)

    async def caller_of(claims: Claims) -> current.Caller | None:
        return await workers.run(caller_in_store, claims)

    layers = [
        partial(Entrance, trusted_proxies=parts.settings.trusted_proxies),
        partial(Cors, settings=parts.settings, contract=contract),
        Errors,
        partial(Sizes, sizes=contract.sizes),
        partial(Routing, contract=contract, tokens=parts.tokens, limits=parts.limits),
        partial(PerOperation, contract=contract, layer=partial(Limiting, tokens=parts.tokens, limits=parts.limits)),
        SecurityMiddleware,
        partial(PerOperation, contract=contract, layer=Validation),
        partial(PerOperation, contract=contract, layer=partial(Answers, cache=parts.cache)),
        ContextMiddleware,
    ]
    app = ConnexionMiddleware(
        FlaskOperations(flask, workers),
        import_name=__name__,
        middlewares=layers,
        resolver=HandlerResolver("impl", parts),
    )
    bearer = BearerSession(caller_of)
    app.add_api(with_tokens_everywhere(contract), security_map={"bearer": lambda: bearer})
    # connexion builds its layers with the first request; a mistake in them belongs to the start.
    app.app, app.middleware_stack = app._build_middleware_stack()
    return app


def create_flask(settings: Settings | None = None) -> Flask:
    """Build the Flask application with its extensions, for the service and for the command line."""
    settings = settings or load_settings()
    return_freed_memory()
    configure_logs(settings)
    flask = Flask("impl")
    flask.config.update(SECRET_KEY=settings.secret_key, SQLALCHEMY_DATABASE_URI=settings.database_url)
    flask.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": settings.threads + 2,
        "pool_timeout": 5,
        "hide_parameters": True,
    }
    db.init_app(flask)
    contract = Contract.load(settings.document)
    tokens = AccessTokens(settings.secret_key, settings.previous_secret_key, contract.lifetime("expires_in"))
    parts = Parts(settings, contract, Limits(flask, settings), AnswerCache(flask, settings), tokens)
    flask.extensions["bookplate"] = parts
    if settings.migrates_itself and settings.database_url.startswith("sqlite"):
        migrate_apart(settings.database_url)
    return flask
