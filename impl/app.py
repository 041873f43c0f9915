"""The application factory: all wiring, on one screen."""

from functools import partial

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.security import SecurityMiddleware
from flask import Flask

from . import current
from .auth.sessions import find_caller
from .auth.tokens import Claims
from .backends.connections import engine_options, repeating
from .backends.store import db
from .background.tasks import beside_the_requests
from .connexion_adapters.flask_operations import FlaskOperations
from .connexion_adapters.lifespan import OwnFileLifespan
from .connexion_adapters.per_operation import PerOperation
from .connexion_adapters.resolver import HandlerResolver
from .connexion_adapters.routing import Routing
from .connexion_adapters.security import BearerSession, with_tokens_everywhere
from .edge.address import TrustedProxies
from .edge.answers import Answers
from .edge.cors import Cors, Preflights
from .edge.deadlines import Deadlines
from .edge.entrance import Entrance
from .edge.errors import Errors
from .edge.limiting import Limiting
from .edge.readiness import Readiness, refusing_other_tables
from .edge.site import Pages
from .edge.sizes import Sizes
from .edge.validation import Validation
from .logs import configure_logs
from .migrations.own_file import bring_own_file_up_to_date, require_readable_file
from .process.memory import return_freed_memory
from .services import Services, make_services
from .settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> ConnexionMiddleware:
    """
    Build the whole service as an ASGI application.

    Raises SettingsError, ContractError or DatabaseError, each with one line that says what to mend.
    """
    return serve(create_flask(settings))


def serve(flask: Flask) -> ConnexionMiddleware:
    """Put the edge and connexion in front of Flask."""
    services: Services = flask.extensions["bookplate"]
    contract, settings = services.contract, services.settings

    @repeating
    def caller_in_store(claims: Claims) -> current.Caller | None:
        with flask.app_context():
            return find_caller(claims)

    async def caller_of(claims: Claims) -> current.Caller | None:
        return await services.workers.reads.run(caller_in_store, claims)

    layers = [
        partial(Entrance, proxies=TrustedProxies(settings.trusted_proxies, settings.root_path)),
        partial(Cors, settings=settings, contract=contract),
        Errors,
        partial(Sizes, sizes=contract.sizes),
        Preflights,
        partial(Pages, contract=contract),
        partial(Routing, services=services),
        partial(PerOperation, contract=contract, layer=partial(Deadlines, seconds=settings.timeouts.request)),
        partial(PerOperation, contract=contract, layer=partial(Readiness, services=services)),
        partial(PerOperation, contract=contract, layer=partial(Limiting, services=services)),
        SecurityMiddleware,
        partial(PerOperation, contract=contract, layer=Validation),
        partial(PerOperation, contract=contract, layer=partial(Answers, services=services)),
        partial(OwnFileLifespan, settings=settings),
        ContextMiddleware,
    ]
    resolver = HandlerResolver("impl", services)
    operations = FlaskOperations(flask, services.workers)
    background = partial(beside_the_requests, flask, services)
    app = ConnexionMiddleware(
        operations, import_name=__name__, middlewares=layers, resolver=resolver, lifespan=background
    )
    bearer = BearerSession(caller_of)
    app.add_api(with_tokens_everywhere(contract), security_map={"bearer": lambda: bearer})
    # connexion builds its layers with the first request; a mistake in them belongs to the start.
    app.app, app.middleware_stack = app._build_middleware_stack()
    return app


def create_flask(settings: Settings | None = None, *, has_deadlines: bool = True) -> Flask:
    """
    Build the Flask application with its extensions, for the service and for the command line.

    Commands have no deadlines: a migration may take its time.
    """
    settings = settings or load_settings()
    return_freed_memory()
    configure_logs(settings)
    flask = Flask("impl")
    flask.config.update(SECRET_KEY=settings.secret_key, SQLALCHEMY_DATABASE_URI=settings.database_url)
    flask.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings) if has_deadlines else {"hide_parameters": True}
    db.init_app(flask)
    services = flask.extensions["bookplate"] = make_services(flask, settings)
    flask.before_request(refusing_other_tables(services.schema))
    if settings.migrates_itself and settings.database_url.startswith("sqlite"):
        bring_own_file_up_to_date(flask, settings.database_url)
    else:
        require_readable_file(flask, settings.database_url)
    return flask
