"""The start of the port for metrics, before anything else is started: what is wrong with it is one line."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..settings import Settings, SettingsError
from .listening import bind_and_listen

if TYPE_CHECKING:
    from ..metrics.port import MetricsPort


def open_metrics_port(settings: Settings) -> "MetricsPort | None":
    """
    Listen on METRICS_PORT; None where it is not set, and then prometheus_client is not imported.

    Raises SettingsError where that is not installed, and ListeningError.
    """
    if settings.metrics_port is None:
        return None
    if find_spec("prometheus_client") is None:
        raise SettingsError(
            "METRICS_PORT needs prometheus-client, which is not installed: "
            "pip install -r requirements/metrics.txt, or unset it"
        )
    # Imported only here, so that a server without metrics starts without it.
    from ..metrics.port import MetricsPort

    return MetricsPort(bind_and_listen(settings.metrics_host, settings.metrics_port, "METRICS_"))
