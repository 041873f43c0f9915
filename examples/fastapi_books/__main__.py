"""The command: `python -m examples.fastapi_books create-admin --email=EMAIL --username=NAME --password=PASSWORD`."""

import argparse
import os

from pydantic import ValidationError

from .accounts import open_account
from .problems import Problem
from .shapes import UserInput
from .store import Store


def main() -> None:
    """Open an account that may do everything."""
    parser = argparse.ArgumentParser(prog="python -m examples.fastapi_books", description=main.__doc__)
    command = parser.add_subparsers(required=True, metavar="COMMAND").add_parser("create-admin", help=main.__doc__)
    for name in ("email", "username", "password"):
        command.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    try:
        content = UserInput(email=given.email, username=given.username, password=given.password)
        open_account(Store(os.environ["DATABASE_URL"]), content, role="admin")
    except ValidationError as error:
        raise SystemExit("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())) from None
    except Problem as problem:
        raise SystemExit(problem.detail) from None


if __name__ == "__main__":
    main()
