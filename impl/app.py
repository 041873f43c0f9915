"""The application factory: all wiring, on one screen."""

import weakref
from collections.abc import Sequence
from functools import partial

from connexion.middleware import ConnexionMiddleware
from flask import Flask

from .backends.connections import engine_options
from .backends.reads import end_reading
from .backends.store import db
from .background.tasks import beside_the_requests
from .connexion_adapters.flask_operations import FlaskOperations
from .connexion_adapters.lifespan import OwnFileLifespan
from .connexion_adapters.resolver import HandlerResolver
from .connexion_adapters.routing import Routing
from .contract.contract import Operation
from .edge.asgi import Inner, OutermostLayer, compose
from .edge.steps import for_every_request, for_operation, for_unrouted_requests, in_the_thread
from .handlers import find_handlers
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
    contract = services.contract
    handlers = find_handlers("impl", services)

    views = FlaskOperations(flask, services.workers, handlers)

    def answer_of(operation: Operation) -> Inner:
        view = views.view_of(operation, *in_the_thread(services, operation))
        return compose(for_operation(services, flask, handlers[operation.id], operation), view)

    layers: Sequence[object] = [
        partial(OwnFileLifespan, settings=services.settings, figures=services.figures),
        partial(OutermostLayer, around=for_every_request(services)),
        partial(Routing, contract=contract, unrouted=for_unrouted_requests(services), answer_of=answer_of),
    ]
    app = ConnexionMiddleware(
        views,
        import_name=__name__,
        middlewares=layers,
        resolver=HandlerResolver(handlers),
        lifespan=partial(beside_the_requests, flask, services),
    )
    app.add_api(contract.raw)
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
    close_with(flask)
    flask.extensions["bookplate"] = make_services(flask, settings)
    flask.teardown_appcontext(end_reading)
    if settings.migrates_itself and settings.database_url.startswith("sqlite"):
        bring_own_file_up_to_date(flask, settings.database_url)
    else:
        require_readable_file(flask, settings.database_url)
    return flask


def close_with(flask: Flask) -> None:
    """Let the connections of an application that nobody has any more be closed; those of a process end with it."""
    with flask.app_context():
        engines = [*db.engines.values()]
    for engine in engines:
        weakref.finalize(flask, engine.dispose).atexit = False
