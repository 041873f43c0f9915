"""How every connection to Redis behaves, for limits and cache alike."""

from typing import Any

from redis import ConnectionError
from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS_TO_ANSWER = 0.25


def connection_options() -> dict[str, Any]:
    """Return what the client library needs: short deadlines, and one more try where Redis had hung up meanwhile."""
    return {
        "socket_timeout": SECONDS_TO_ANSWER,
        "socket_connect_timeout": SECONDS_TO_ANSWER,
        # Each greeting of a new connection is one more wait for an answer: no HELLO, and no name of the library.
        "protocol": 2,
        "driver_info": None,
        # Never after a deadline: that request may have been counted, and would wait twice.
        "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
    }
