"""The start of a server: everything that can be wrong is found before anybody is served."""

import socket
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from connexion.middleware import ConnexionMiddleware
from uvicorn import Config

from ..app import create_app
from ..backends.database_file import hold_until_exit
from ..metrics.figures import Figures
from ..settings import Settings, load_settings
from .arguments import asks_for_help, help_text
from .http_options import http_options
from .listening import bind
from .metrics_port import open_metrics_port
from .refusals import REFUSALS, REFUSED
from .serving import serve
from .supervising import supervise

if TYPE_CHECKING:
    from ..metrics.port import MetricsPort


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until stopped; a mistake in the arguments, the settings or the document is one line and exit status 2."""
    try:
        if asks_for_help(arguments):
            print(help_text())
            return 0
        settings = load_settings()
        sockets = bind(settings.host, settings.port)
        metrics_port = open_metrics_port(settings)
        # Before anything looks at the database, and never given back: the lock ends with this process.
        hold_until_exit(settings.database_url, shared=settings.shares_cache)
        # Several workers build their own; this one then only finds mistakes before any of them starts.
        app = create_app(settings)
        return _serve(app, settings, sockets, metrics_port)
    except REFUSALS as error:
        print(f"impl: {error}", file=sys.stderr)
        return REFUSED
    except SystemExit as error:
        # uvicorn's own way to end where it cannot start; its reason is in the log.
        return error.code if isinstance(error.code, int) else 1


def _serve(
    app: ConnexionMiddleware, settings: Settings, sockets: list[socket.socket], metrics_port: "MetricsPort | None"
) -> int:
    config = Config(
        app if settings.workers == 1 else "impl:create_app",
        factory=settings.workers > 1,
        workers=settings.workers,
        **http_options(settings),
    )
    if settings.workers > 1:
        return supervise(config, settings, sockets, metrics_port)
    return serve(config, settings, sockets, _reporting_to(metrics_port) if metrics_port else None)


def _reporting_to(port: "MetricsPort") -> Callable[[Figures], None]:
    return lambda figures: port.serve(figures.take)
