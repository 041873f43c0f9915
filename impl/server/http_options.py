"""How requests are read: uvicorn's options that every server of the reference has in common."""

from typing import Any

from ..contract.contract import Contract
from ..settings import Settings
from .http_protocol import largest_head
from .plain_protocol import PlainProtocol


def http_options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options for the HTTP protocol of the reference."""
    return {
        "http": PlainProtocol,
        "h11_max_incomplete_event_size": largest_head(Contract.load(settings.document).size_limits),
        "ws": "none",
        # The edge reads forwarded fields itself, from configured proxies only.
        "proxy_headers": False,
        "access_log": False,
        "server_header": False,
        # impl/logs.py takes uvicorn's lines too.
        "log_config": None,
        "log_level": settings.log_level.lower(),
        "timeout_keep_alive": 30,
    }
