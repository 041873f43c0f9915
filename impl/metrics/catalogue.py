"""The metrics: their names, their labels, and what they say."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a metric is read: a counter and a histogram only grow, a gauge says how it is now."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """One metric, as it is shown."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


# Upper bounds in seconds. Kept answers take less than a millisecond, and REQUEST_TIMEOUT is two seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# After the semantic conventions of OpenTelemetry where they have a name, as the exporter for Prometheus writes it.
REQUEST_DURATION = Metric(
    "http_server_request_duration_seconds",
    Kind.HISTOGRAM,
    "How long requests took until their answer was ready. Status 0: ended without an answer. "
    "Without operation: a page, an unknown path, or a method that its path does not have.",
    ("operation", "http_route", "http_request_method", "http_response_status_code"),
)
ACTIVE_REQUESTS = Metric("http_server_active_requests", Kind.GAUGE, "Requests that are being answered now.")
REFUSALS = Metric(
    "bookplate_rate_limit_refusals_total",
    Kind.COUNTER,
    "Requests that a limit refused with 429, by policy; one that two policies refuse counts for both.",
    ("policy",),
)
CACHE_ANSWERS = Metric(
    "bookplate_response_cache_answers_total",
    Kind.COUNTER,
    "Answers of operations with a response cache, 200 or the 304 in its place: kept ones (hit), computed ones (miss), "
    "and those that the caller wanted computed (bypass).",
    ("operation", "result"),
)
CONNECTIONS = Metric(
    "db_client_connection_count",
    Kind.GAUGE,
    "Connections to the database that are open: at work (used) or waiting in the pool (idle).",
    ("state",),
)
MOST_CONNECTIONS = Metric(
    "db_client_connection_max", Kind.GAUGE, "Connections to the database that the pools may have open at once."
)
PENDING_CONNECTIONS = Metric(
    "db_client_connection_pending_requests", Kind.GAUGE, "Threads that wait for a connection of the pool now."
)
CONNECTION_WAITS = Metric(
    "bookplate_db_connection_waits_total",
    Kind.COUNTER,
    "How often a thread had to wait for a connection, since all of the pool were in use.",
)
CONNECTION_TIMEOUTS = Metric(
    "db_client_connection_timeouts_total",
    Kind.COUNTER,
    "How often a thread waited for a connection longer than DATABASE_POOL_TIMEOUT.",
)
THREADS = Metric("bookplate_pool_threads", Kind.GAUGE, "Threads of each pool.", ("pool",))
BUSY_THREADS = Metric("bookplate_pool_threads_busy", Kind.GAUGE, "Threads of each pool that work now.", ("pool",))
QUEUE = Metric("bookplate_pool_queue_length", Kind.GAUGE, "Requests that wait for a thread of a pool now.", ("pool",))
LONGEST_QUEUE = Metric(
    "bookplate_pool_queue_limit", Kind.GAUGE, "Requests that may wait for a thread of a pool.", ("pool",)
)
QUEUE_REFUSALS = Metric(
    "bookplate_pool_queue_refusals_total",
    Kind.COUNTER,
    "Work that a pool refused: its queue was full, or the wait for a thread too long.",
    ("pool",),
)
REDIS_RESTING = Metric(
    "bookplate_redis_resting", Kind.GAUGE, "Server processes that leave Redis alone now, since it failed or was slow."
)
REDIS_RESTS = Metric(
    "bookplate_redis_rests_total", Kind.COUNTER, "How often a server process began to leave Redis alone."
)
DEADLINES = Metric(
    "bookplate_deadlines_exceeded_total",
    Kind.COUNTER,
    "Work that was given up because its time was over: nothing was committed (given_up), or a commit did not end "
    "(outcome_unknown).",
    ("outcome",),
)
DROPPED_LINES = Metric(
    "bookplate_log_lines_dropped_total", Kind.COUNTER, "Lines of the log that could not be written.", ("output",)
)
SERVER_PROCESSES = Metric("bookplate_server_processes", Kind.GAUGE, "Processes that answer requests.")
CPU = Metric(
    "process_cpu_seconds_total", Kind.COUNTER, "User and system CPU time of all processes of this server, in seconds."
)
MEMORY = Metric(
    "process_resident_memory_bytes",
    Kind.GAUGE,
    "Resident memory of all processes of this server; what they share counts for each of them.",
)
OPEN_FILES = Metric("process_open_fds", Kind.GAUGE, "Open file descriptors of all processes of this server.")

METRICS = (
    REQUEST_DURATION,
    ACTIVE_REQUESTS,
    REFUSALS,
    CACHE_ANSWERS,
    CONNECTIONS,
    MOST_CONNECTIONS,
    PENDING_CONNECTIONS,
    CONNECTION_WAITS,
    CONNECTION_TIMEOUTS,
    THREADS,
    BUSY_THREADS,
    QUEUE,
    LONGEST_QUEUE,
    QUEUE_REFUSALS,
    REDIS_RESTING,
    REDIS_RESTS,
    DEADLINES,
    DROPPED_LINES,
    SERVER_PROCESSES,
    CPU,
    MEMORY,
    OPEN_FILES,
)
