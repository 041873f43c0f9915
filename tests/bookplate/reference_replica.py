"""
One of several servers of the reference on one PostgreSQL and one Redis, as the suite starts them.

Without SERVICES_REDIS each counts requests and keeps answers in its own memory.

`python -m tests.bookplate.reference_replica --port P --document D`; the folder of the document belongs to all of them.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import redis

COUNTER = 63  # the database of the private Redis that counts those which were given away


def main() -> None:
    """Become a server; the first one makes a database of their own, migrates it and makes the admin."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--document", required=True, type=Path)
    given = parser.parse_args()
    folder = given.document.parent
    taken = folder / "taken"
    is_first = not taken.exists()
    if is_first:
        taken.write_text(redis_of_its_own(), encoding="utf-8")
    name = folder.name.replace("-", "_")
    environment = os.environ | {
        "BOOKPLATE_ENV": "production",
        "SECRET_KEY": "made up for the tests of replicas: 0123456789",
        "DATABASE_URL": f"{os.environ['SERVICES_POSTGRESQL']}/{name}",
        "REDIS_URL": taken.read_text(encoding="utf-8"),
        "OPENAPI_DOCUMENT": str(given.document),
        "CORS_ORIGINS_APPS": "https://app.example.com",
        "CORS_ORIGINS_BACK_OFFICE": "https://office.example.com",
        "PORT": given.port,
        "LOG_LEVEL": "WARNING",
        # The machine may be busy, and the suite is not about its speed.
        "REQUEST_TIMEOUT": "10",
        "ADMIN_PASSWORD": os.environ["SERVICES_ADMIN_SECRET"],
    }
    if is_first:
        set_up(name, environment)
    os.execve(sys.executable, [sys.executable, "-m", "impl"], environment)


def redis_of_its_own() -> str:
    """Return the address of a database of Redis that nobody else was given; empty where there is no Redis."""
    server = os.environ["SERVICES_REDIS"]
    if not server:
        return ""
    with redis.Redis.from_url(f"{server}/{COUNTER}") as client:
        return f"{server}/{client.incr('given away') % COUNTER}"


def set_up(name: str, environment: dict[str, str]) -> None:
    """Make the database with its tables, and the admin."""
    with psycopg.connect(f"{os.environ['SERVICES_POSTGRESQL']}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    flask = [sys.executable, "-m", "flask", "--app", "impl"]
    admin = ["create-admin", "--email", "admin@example.com", "--username", "services-admin"]
    for command in (["init-db"], admin):
        subprocess.run([*flask, *command], env=environment, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
