"""[replicas] of the settings, and the addresses of a command line: more servers of the same service."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..nearest import did_you_mean
from ..wire.client import same_host
from .set_up_error import SetUpError

ADDRESSES, PROCESSES = "addresses", "processes"
KNOWN = (ADDRESSES, PROCESSES)
MOST_PROCESSES = 16  # for each of up to three instances; a larger number is taken for a typing error


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
    Return the addresses of the other replicas: those `named`, else those of the settings without the target's own.

    Raises SetUpError, before anything is sent, where one is no URL, has a path of its own, or is named twice.
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
    """Return no addresses, for a target that the suite starts; raises SetUpError where some were named."""
    if named:
        raise SetUpError(
            f"'{target}' is no URL and cannot have addresses of replicas: the suite starts them, --replicas N says how many"
        )
    return ()


def refuse_unlike(other: str, target: str) -> None:
    """Raise SetUpError where an address is no URL, or differs from the target in more than the server."""
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
    Return how many servers of a target the suite starts: the number of the option, else of the settings, else one.

    Raises SetUpError where the option is given for a URL, which the suite does not start, or is too large.
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
