"""The figures of one moment as plain data, which processes send to each other and which can be added up."""

from collections.abc import Iterable, Mapping

from .catalogue import METRICS, Kind, Metric

# The values of a metric's labels, in their order.
Labels = tuple[str, ...]
# One number; of a histogram one for each bound and one above all, none of them cumulative, and last the sum.
Value = tuple[float, ...]
Snapshot = dict[str, dict[Labels, Value]]
LASTING = {metric.name for metric in METRICS if metric.kind is not Kind.GAUGE}


def single(metric: Metric, number: float) -> Snapshot:
    """Return the figures of a metric without labels."""
    return {metric.name: {(): (number,)}}


def by_label(metric: Metric, numbers: Mapping[str, float]) -> Snapshot:
    """Return the figures of a metric with one label."""
    return {metric.name: {(label,): (number,) for label, number in numbers.items()}}


def total(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Add figures up: of all processes together, gauges too."""
    added: Snapshot = {}
    for snapshot in snapshots:
        for name, values in snapshot.items():
            known = added.setdefault(name, {})
            for labels, value in values.items():
                before = known.get(labels)
                known[labels] = value if before is None else tuple(map(sum, zip(before, value, strict=True)))
    return added


def lasting(snapshot: Snapshot) -> Snapshot:
    """Return what stays true when the process has ended: what it has counted, and not how it was."""
    return {name: values for name, values in snapshot.items() if name in LASTING}
