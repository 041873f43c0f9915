"""What Prometheus reads: the figures of a server, by prometheus_client's own parser."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.request import Request, urlopen

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from ..reference_server import PATIENCE
from ..wire import HOST

OPENMETRICS = "application/openmetrics-text"
REQUESTS = "http_server_request_duration_seconds_count"


@dataclass(frozen=True)
class Figures:
    """All samples of one look."""

    text: str
    samples: tuple[Sample, ...]

    def value(self, name: str, **labels: str) -> float:
        """Add up the samples of a name whose labels are these, and any others."""
        return sum(each.value for each in self.samples if each.name == name and labels.items() <= each.labels.items())

    def labels(self, name: str) -> list[dict[str, str]]:
        """Return the labels of all samples of a name."""
        return [each.labels for each in self.samples if each.name == name]


def look(port: int, accept: str = "text/plain") -> Figures:
    """Ask as Prometheus does."""
    with urlopen(Request(f"http://{HOST}:{port}/metrics", headers={"Accept": accept}), timeout=10) as answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith(accept)
    parse = parse_openmetrics if accept == OPENMETRICS else parse_text
    return Figures(text, tuple(sample for family in parse(text) for sample in family.samples))


def look_until(port: int, is_so: Callable[[Figures], bool]) -> Figures:
    """Ask until the figures are as they should be: those of workers come once a second."""
    deadline = time.monotonic() + PATIENCE
    while not is_so(figures := look(port)):
        assert time.monotonic() < deadline, figures.text
        time.sleep(0.05)
    return figures
