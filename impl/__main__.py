"""`python -m impl` serves the reference implementation."""

import os
import sys

import uvicorn

from .app import create_app
from .database_file import hold_for_server_until_the_end
from .policy import ContractError
from .revisions import DatabaseError
from .settings import SettingsError, load_settings


def main() -> int:
    """Serve until stopped; a mistake in the settings or the document is one line and exit status 2."""
    try:
        settings = load_settings()
        # Before anything looks at the database, and never given back: the lock ends with this process.
        hold_for_server_until_the_end(settings)
        # Several workers build their own; this one then only finds mistakes before any of them starts.
        app = create_app(settings)
    except (SettingsError, ContractError, DatabaseError) as error:
        print(f"impl: {error}", file=sys.stderr)
        return 2
    uvicorn.run(
        app if settings.workers == 1 else "impl:create_app",
        factory=settings.workers > 1,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        http="h11",
        ws="none",
        # The edge reads forwarded fields itself, from configured proxies only.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_keep_alive=30,
    )
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
