"""One instance of the reference on PostgreSQL and Redis: `python -m tests.services.instance --port P --document D`."""

import argparse
import os
import subprocess
import sys

import psycopg


def main() -> None:
    """Make a database of its own, migrate it, make the admin, and become the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--document", required=True)
    given = parser.parse_args()
    name = f"instance_{given.port}"
    with psycopg.connect(f"{os.environ['SERVICES_POSTGRESQL']}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    environment = os.environ | {
        "BOOKPLATE_ENV": "production",
        "SECRET_KEY": "made up for the tests on services: 0123456789",
        "DATABASE_URL": f"{os.environ['SERVICES_POSTGRESQL']}/{name}",
        "REDIS_URL": f"{os.environ['SERVICES_REDIS']}/{int(given.port) % 64}",
        "OPENAPI_DOCUMENT": given.document,
        "CORS_ORIGINS_APPS": "https://app.example.com",
        "CORS_ORIGINS_BACK_OFFICE": "https://office.example.com",
        "PORT": given.port,
        "LOG_LEVEL": "WARNING",
        # The machine may be busy, and the suite is not about its speed.
        "REQUEST_TIMEOUT": "10",
        "ADMIN_PASSWORD": os.environ["SERVICES_ADMIN_SECRET"],
    }
    flask = [sys.executable, "-m", "flask", "--app", "impl"]
    admin = ["create-admin", "--email", "admin@example.com", "--username", "services-admin"]
    subprocess.run([*flask, "init-db"], env=environment, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*flask, *admin], env=environment, check=True, stdout=subprocess.DEVNULL)
    os.execve(sys.executable, [sys.executable, "-m", "impl"], environment)


if __name__ == "__main__":
    main()
