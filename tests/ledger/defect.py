"""A defect of a service: a patch of its source, the promise that it breaks, and a probe that shows it from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

Probe = Callable[[httpx.Client], bool]


@dataclass(frozen=True)
class Defect:
    """
    A small mistake, as a patch: each first text of `patch` stands once in the source, and the second takes its place.

    `breaks` says what goes wrong, `promise` is the sentence of the document or of a standard that is broken.
    `holds` is the probe: it returns True where the promise is kept.
    """

    name: str
    breaks: str
    promise: str
    patch: tuple[tuple[str, str], ...]
    holds: Probe

    def planted_in(self, source: str) -> str:
        """Return the source with the defect; ValueError where the patch does not fit any more."""
        for sound, broken in self.patch:
            if source.count(sound) != 1:
                raise ValueError(f"{self.name}: stands {source.count(sound)} times in the source: {sound}")
            source = source.replace(sound, broken)
        return source


class Ledger:
    """The defects of one service, in the order in which they were written down."""

    def __init__(self) -> None:
        self.defects: list[Defect] = []

    def __iter__(self) -> Iterator[Defect]:
        return iter(self.defects)

    def defect(self, breaks: str, promise: str, *patch: tuple[str, str]) -> Callable[[Probe], Probe]:
        """Write down a defect whose probe is the decorated function; the name of that is the name of the defect."""

        def write_down(probe: Probe) -> Probe:
            name = probe.__name__.replace("_", "-")
            self.defects.append(Defect(name, breaks, promise, patch, probe))
            return probe

        return write_down


@contextmanager
def caller(address: str) -> Iterator[httpx.Client]:
    """A client for probes, which follows no redirect and reads no settings of the environment; nothing here is TLS."""
    with httpx.Client(base_url=address, timeout=10, trust_env=False, verify=False) as client:
        yield client


def member(answer: httpx.Response, *path: str) -> Any:
    """Return a member of the JSON content of an answer."""
    value = answer.json()
    for name in path:
        value = value[name]
    return value
