"""`python -m impl` serves the reference implementation."""

import sys

from uvicorn import Config

from .app import create_app
from .database_file import hold_for_server_until_the_end
from .edge.http_protocol import BoundedProtocol, largest_head
from .policy import Contract, ContractError
from .revisions import DatabaseError
from .serving import end_process, serve
from .settings import SettingsError, load_settings
from .supervising import supervise


def main() -> int:
    """Serve until stopped; a mistake in the settings or the document is one line and exit status 2."""
    try:
        settings = load_settings()
        # Before anything looks at the database, and never given back: the lock ends with this process.
        hold_for_server_until_the_end(settings)
        # Several workers build their own; this one then only finds mistakes before any of them starts.
        app = create_app(settings)
        sizes = Contract.load(settings.document).sizes
    except (SettingsError, ContractError, DatabaseError) as error:
        print(f"impl: {error}", file=sys.stderr)
        return 2
    config = Config(
        app if settings.workers == 1 else "impl:create_app",
        factory=settings.workers > 1,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        http=BoundedProtocol,
        h11_max_incomplete_event_size=largest_head(sizes),
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
    try:
        return serve(config, settings) if settings.workers == 1 else supervise(config, settings)
    except SystemExit as error:
        # uvicorn's own way to end where it cannot start; its reason is in the log.
        return error.code if isinstance(error.code, int) else 1


if __name__ == "__main__":
    end_process(main())
