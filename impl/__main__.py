"""`python -m impl` serves the reference implementation."""

import os
import sys

import uvicorn

from .app import create_app
from .policy import ContractError
from .settings import SettingsError, load_settings


def main() -> int:
    """Serve until stopped; a mistake in the settings or the document is one line and exit status 2."""
    try:
        settings = load_settings()
        app = create_app(settings)
    except (SettingsError, ContractError) as error:
        print(f"impl: {error}", file=sys.stderr)
        return 2
    uvicorn.run(app, host=settings.host, port=settings.port, http="h11", proxy_headers=False, access_log=False,
                server_header=False, ws="none", log_level="warning", timeout_keep_alive=30)  # fmt: skip
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
