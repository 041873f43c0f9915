"""`bookplate serve`: starts a target as a check starts it, and leaves it running, so that a failure can be seen again."""

import socket
from contextlib import suppress
from typing import Any

from .arguments import RUN_OPTIONS, TARGET, Parser
from .fixtures.session import SERVED_AT
from .laws.verdict import CONFORMANT
from .options import DEFAULT, Options, ended
from .planning import plan
from .run import Run
from .target.config import SetUpError
from .target.instance import Instance
from .target.target import is_url

# The instances of a check by their limits.
INSTANCES = {"documented": "documented", "relaxed": "experiments"}
PORT = int(SERVED_AT.rpartition(":")[2])


def parser() -> Parser:
    """Return the parser of `bookplate serve`."""
    parser = Parser(
        prog="bookplate serve",
        description="Start a target as a check starts it, new and empty, and leave it running until Ctrl-C. The scripts of\n"
        "failures send their requests to it. Where the settings can make an admin, one is made and shown.",
        epilog="exit codes: 0 ended by Ctrl-C; 2 it could not be started",
    )
    parser.add_argument("named", nargs="?", metavar="TARGET", help=f"the same as --target ({DEFAULT})")
    for option in RUN_OPTIONS:
        if option.group == TARGET and "--wait-for-service" not in option.names:
            option.add(parser.group_titled)
    add = parser.group_titled(TARGET)
    add("--port", type=int, default=PORT, metavar="N", help=f"where it listens (default {PORT})")
    add(
        "--limits",
        choices=[*INSTANCES],
        default="documented",
        help="the rate limits of the document, or none that a check would notice (default documented)",
    )
    return parser


def serve(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    given = parser().parse_args(arguments)
    return ended("bookplate serve", lambda: run_server(given))


def run_server(given: Any) -> int:
    """Start what was asked for and return when the user ends it; raises SetUpError where it does not start or ends by itself."""
    run = plan(Options.of(given))
    if is_url(run.target.name):
        raise SetUpError(f"{run.target.name} is a server that runs already: name what starts one")
    for port in range(given.port, given.port + run.target.processes):
        if listens(port):
            raise SetUpError(
                f"port {port} is taken: choose another with --port N, and tell scripts with BASE=http://127.0.0.1:N"
            )
    instance = run.target.start_at(INSTANCES[given.limits], given.port)
    try:
        instance.wait_until_ready()
        with suppress(KeyboardInterrupt):  # from the moment at which it says that Ctrl-C ends it
            where = " and ".join(instance.addresses)
            print(f"{run.target.name} serves at {where}, with {given.limits} limits: Ctrl-C ends it", flush=True)
            for line in credentials(run, instance):
                print(line, flush=True)
            wait_for_end(instance)
    finally:
        run.stop()
        instance.stop()
    return CONFORMANT


def listens(port: int) -> bool:
    """Tell whether something takes connections at a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def credentials(run: Run, instance: Instance) -> list[str]:
    """Return the line that tells scripts who the admin is; none where the settings make none."""
    if "command" not in (run.config.admin or {}):
        return []
    run.target.adopt("documented", instance)
    identifier, password = run.documented.users.new_admin()
    return [f"an admin, for scripts that ask for one: export ADMIN={identifier} PASSWORD_ADMIN={password}"]


def wait_for_end(instance: Instance) -> None:
    """Wait for the end of the server; raises SetUpError, as it should go on until Ctrl-C."""
    if instance.process is not None:
        instance.process.wait()
    raise SetUpError("the server ended by itself: its own words stand above")
