"""The start of a server: everything that can be wrong is found before anybody is served."""

import socket
import sys
from collections.abc import Sequence

from connexion.middleware import ConnexionMiddleware
from uvicorn import Config

from ..app import create_app
from ..backends.database_file import hold_until_exit
from ..contract.contract import Contract
from ..settings import Settings, load_settings
from .arguments import asks_for_help, help_text
from .http_protocol import BoundedProtocol, largest_head
from .listening import bind
from .refusals import REFUSALS, REFUSED
from .serving import serve
from .supervising import supervise


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until stopped; a mistake in the arguments, the settings or the document is one line and exit status 2."""
    try:
        if asks_for_help(arguments):
            print(help_text())
            return 0
        settings = load_settings()
        sockets = bind(settings.host, settings.port)
        # Before anything looks at the database, and never given back: the lock ends with this process.
        hold_until_exit(settings.database_url, shared=settings.shares_cache)
        # Several workers build their own; this one then only finds mistakes before any of them starts.
        app = create_app(settings)
        return _serve(app, settings, sockets)
    except REFUSALS as error:
        print(f"impl: {error}", file=sys.stderr)
        return REFUSED
    except SystemExit as error:
        # uvicorn's own way to end where it cannot start; its reason is in the log.
        return error.code if isinstance(error.code, int) else 1


def _serve(app: ConnexionMiddleware, settings: Settings, sockets: list[socket.socket]) -> int:
    config = Config(
        app if settings.workers == 1 else "impl:create_app",
        factory=settings.workers > 1,
        workers=settings.workers,
        http=BoundedProtocol,
        h11_max_incomplete_event_size=largest_head(Contract.load(settings.document).size_limits),
        ws="none",
        # The edge reads forwarded fields itself, from configured proxies only.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        # impl/logs.py takes uvicorn's lines too.
        log_config=None,
        log_level=settings.log_level.lower(),
        timeout_keep_alive=30,
    )
    return serve(config, settings, sockets) if settings.workers == 1 else supervise(config, settings, sockets)
