"""The one place that knows prometheus_client: figures in the text formats of Prometheus."""

from collections.abc import Callable, Iterable
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from .catalogue import BOUNDS, METRICS, Kind, Metric
from .snapshot import Labels, Snapshot, Value


class FiguresCollector(Collector):
    """Shows the figures of the moment in which it is asked."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        self._read = read

    def collect(self) -> Iterable[Family]:
        """Return all metrics of which there are figures."""
        figures = self._read()
        for metric in METRICS:
            if values := figures.get(metric.name):
                yield _family(metric, values)


def make_registry(read: Callable[[], Snapshot]) -> CollectorRegistry:
    """Make what prometheus_client writes, of figures that are read each time."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FiguresCollector(read))
    return registry


def _family(metric: Metric, values: dict[Labels, Value]) -> Family:
    if metric.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, (*counts, seconds) in values.items():
            histogram.add_metric(labels, _buckets(counts), seconds)
        return histogram
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, (number,) in values.items():
        family.add_metric(labels, number)
    return family


def _buckets(counts: Iterable[float]) -> list[tuple[str, float]]:
    bounds = [*map(floatToGoString, BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(counts), strict=True))
