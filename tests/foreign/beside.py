"""What a check finds of a service, beside what plain schemathesis finds in the same time."""

from bookplate.contract.document import Document
from bookplate.options import Options
from bookplate.planning import plan

from .check import checked
from .environment import Environment, installed
from .judged import Pair
from .plain import plain_run
from .services import Service, started

SEEDS = (1, 2, 3)
SECONDS = 45  # that a check takes at most here


def compare(service: Service) -> int:
    """
    Run both on a service that is new each time, with each seed, and show what both have found, and what one alone.

    Both have the same document, users and seeds, and schemathesis the time that the check has taken. Return 0, or 2 where
    the service could not be checked.
    """
    environment = installed(service.name)
    ours, theirs = set[Pair](), set[Pair]()
    for seed in SEEDS:
        with started(service, environment) as url:
            run = checked(service, environment, url, seed, SECONDS)
            document = document_of(service, environment)
        if run.found is None:
            return 2
        with started(service, environment):
            found = plain_run(service, environment, document, run.seconds, seed)
        failed = {pair for pair, verdict in run.found.items() if verdict == "failed"}
        print(f"{service.name}, seed {seed}, {run.seconds:.0f} s: {len(failed)} here, {len(found)} by schemathesis")
        ours |= failed
        theirs |= found
    for title, pairs in (("both", ours & theirs), ("here alone", ours - theirs), ("schemathesis alone", theirs - ours)):
        print(f"{service.name}, {title}: {len(pairs)}")
        for law in sorted({law for law, _ in pairs}):
            print(f"  {law}: {', '.join(sorted(operation for each, operation in pairs if each == law))}")
    return 0


def document_of(service: Service, environment: Environment) -> Document:
    """Return the document as the check reads it: with a person's changes, and as OpenAPI 3 where it is Swagger 2.0."""
    settings = environment.settings / "bookplate.toml"
    headers = [f"Authorization: {value}" for value in service.signs.values()]
    return plan(Options(service.url, config=str(settings), headers=headers[:1])).document
