"""`python -m tests.fakes.honest --port N --document FILE [VARIANT]`: serve the library."""

import argparse
import os
import time
from pathlib import Path

from .connection import Manner, Server
from .contract import Contract
from .operations import HANDLERS, time_of
from .service import Service
from .variants import VARIANTS

# Known to whoever reads this, as bookplate.toml is.
ADMIN = {"email": "admin@library.example", "password": "the admin of a made-up library"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.honest", description="Serve the library.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--document", type=Path, required=True)
    parser.add_argument("--variant", choices=VARIANTS, default="plain")
    asked = parser.parse_args()
    variant = VARIANTS[asked.variant]
    contract = Contract(asked.document)
    origins = {"apps": os.environ.get("ORIGIN_APPS", ""), "back-office": os.environ.get("ORIGIN_BACK_OFFICE", "")}
    service = Service(contract, os.environ["LIBRARY_SECRET"], origins, lambda: time.time() + variant.ahead)
    service.handlers = HANDLERS
    service.refuses_other_schemes = variant.refuses_other_schemes
    admin = service.accounts.add(ADMIN | {"username": variant.admin}, time_of(service))
    admin.role = "admin"
    variant.prepare(service)
    manner: Manner = variant.manner
    Server(asked.port, service.handle, contract.sizes, manner).serve_forever()


if __name__ == "__main__":
    main()
