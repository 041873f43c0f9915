"""[replicas] of the settings, and the addresses of a command line: more servers of the same service."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..nearest import did_you_mean
from ..wire.client import same_host
from .set_up_error import SetUpError

ADDRESSES, PROCESSES = "addresses", "processes"
KNOWN = (ADDRESSES, PROCESSES)
MOST_PROCESSES = 16  # of each of up to three instances; more are a slip of the hand


def mistakes_in_replicas(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with [replicas], each in one line with its remedy."""
    for name in table:
        if name not in KNOWN:
            yield f"[replicas] has no '{name}': {did_you_mean(name, KNOWN, f'it knows {ADDRESSES} and {PROCESSES}')}"
    addresses = table.get(ADDRESSES, [])
    if not isinstance(addresses, list) or not all(isinstance(each, str) and is_url(each) for each in addresses):
        yield f'[replicas] {ADDRESSES} is a list of URLs, such as ["http://127.0.0.1:8002"]'
    processes = table.get(PROCESSES, 1)
    if type(processes) is not int or not 1 <= processes <= MOST_PROCESSES:
        yield f"[replicas] {PROCESSES} is a whole number from 1 to {MOST_PROCESSES}"


def is_url(text: str) -> bool:
    """Tell whether a text is the URL of a server."""
    if not text.startswith(("http://", "https://")):
        return False
    try:
        split = urlsplit(text)
        return bool(split.hostname) and split.port != 0
    except ValueError:
        return False


def other_addresses(target: str, named: Sequence[str], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Return the addresses beside that of a target: those that were `named`, else those of the settings, which may name it too.

    Raises SetUpError where one is no URL or has another path, and where one comes twice. Nothing has been sent by then.
    """
    if not is_url(target):
        return no_addresses(target, named)
    others = list(named) or [each for each in settings.get(ADDRESSES, ()) if not same_host(each, target)]
    known = [target]
    for other in others:
        refuse_unlike(other, target)
        if any(same_host(other, each) for each in known):
            raise SetUpError(f"{other} is named twice: give each replica once, each by an address of its own")
        known.append(other)
    return tuple(others)


def no_addresses(target: str, named: Sequence[str]) -> tuple[str, ...]:
    """Return that a target which the suite starts has no addresses; SetUpError where some were named."""
    if named:
        raise SetUpError(
            f"'{target}' is no URL and cannot have addresses of replicas: the suite starts them, --replicas N says how many"
        )
    return ()


def refuse_unlike(other: str, target: str) -> None:
    """Raise SetUpError for what is no address, or another one than that of a replica, which differs by its server alone."""
    if not is_url(other):
        raise SetUpError(
            f"'{other}' is no URL: several targets are the addresses of one service; --replicas N starts a target N times"
        )
    here, there = urlsplit(target).path.rstrip("/"), urlsplit(other).path.rstrip("/")
    if here != there:
        raise SetUpError(
            f"{other} has the path '{there or '/'}', and {target} has '{here or '/'}': "
            "replicas differ by their server alone"
        )


def processes_of(target: str, asked: int | None, settings: Mapping[str, Any]) -> int:
    """
    Return how many servers of a target the suite starts: as many as were asked for, else what the settings say, else one.

    Raises SetUpError where a target is asked for that it does not start, and where they are too many.
    """
    if is_url(target):
        if asked is not None:
            raise SetUpError(
                f"--replicas starts servers, and {target} is one that runs: name each of its replicas by --target URL"
            )
        return 1
    if asked is not None and asked > MOST_PROCESSES:
        raise SetUpError(f"--replicas {asked}: {MOST_PROCESSES} are the most")
    return asked or int(settings.get(PROCESSES, 1))
