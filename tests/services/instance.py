"""One instance of the reference on PostgreSQL and Redis: `python -m tests.services.instance --port P --document D`."""

import argparse
import os
import subprocess
import sys

import psycopg


def main() -> None:
    """Make a database of its own, and become the server."""
    given = arguments()
    os.execve(sys.executable, [sys.executable, "-m", "impl"], prepared(given.port, given.document))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--document", required=True)
    return parser.parse_args()


def prepared(port: str, document: str) -> dict[str, str]:
    """Make a database that is named by a port, migrate it and make the admin; return the environment of its servers."""
    name = f"instance_{port}"
    with psycopg.connect(f"{os.environ['SERVICES_POSTGRESQL']}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    environment = os.environ | {
        "BOOKPLATE_ENV": "production",
        "SECRET_KEY": "made up for the tests on services: 0123456789",
        "DATABASE_URL": f"{os.environ['SERVICES_POSTGRESQL']}/{name}",
        "REDIS_URL": f"{os.environ['SERVICES_REDIS']}/{int(port) % 64}",
        "OPENAPI_DOCUMENT": document,
        "CORS_ORIGINS_APPS": "https://app.example.com",
        "CORS_ORIGINS_BACK_OFFICE": "https://office.example.com",
        "PORT": port,
        "LOG_LEVEL": "WARNING",
        # The machine may be busy, and the suite is not about its speed.
        "REQUEST_TIMEOUT": "10",
        "ADMIN_PASSWORD": os.environ["SERVICES_ADMIN_SECRET"],
    }
    flask = [sys.executable, "-m", "flask", "--app", "impl"]
    admin = ["create-admin", "--email", "admin@example.com", "--username", "services-admin"]
    subprocess.run([*flask, "init-db"], env=environment, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*flask, *admin], env=environment, check=True, stdout=subprocess.DEVNULL)
    return environment


if __name__ == "__main__":
    main()
