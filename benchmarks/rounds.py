"""One round of one case on one server."""

from .cases import Case, Target
from .load import run_load
from .report import Round

CONNECTIONS, WARM_UP = 16, 0.3


def run_round(case: Case, target: Target, seconds: float) -> Round:
    """Send the requests of a case to a server for some seconds, after a short time that is not counted."""
    server = target.server
    with server.awake():
        requests = case.requests(target)
        run_load(server.port, requests, case.status, connections=CONNECTIONS, seconds=WARM_UP)
        before = server.cpu_seconds()
        sample = run_load(server.port, requests, case.status, connections=CONNECTIONS, seconds=seconds)
        cpu = server.cpu_seconds() - before
    number = len(sample.latencies)
    return Round(
        requests=number,
        rate=round(sample.rate, 1),
        p50=round(sample.percentile(50), 2),
        p99=round(sample.percentile(99), 2),
        cpu=round(cpu / number * 1e6, 1),
        load=round(sample.own_cpu / sample.seconds, 2),
    )
