"""
What a kept answer depends on, and what a write touches: both are names, and each name has a present generation.

A name with an id ("book:7") stands for one object, a name without ("books") for all of its kind. Generations live in a
fixed number of slots, so that neither memory nor the table of the store grows with the books: two names that share a slot
share a generation, which forgets too much now and then, and never too little.
"""

import random
import secrets
import time
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from threading import Lock
from zlib import crc32

SLOTS = 4096
# A name without an id is touched by many writers at once. Each of them advances one of its stripes, so that they need not
# wait for one row of the store; a reader looks at all of them.
STRIPES = 16
# Touched by a write that names nothing else: every kept answer depends on it.
EVERYTHING = "everything"
# What an answer depends on whose handler names nothing: every write that touches anything advances it.
ANYTHING = "anything"
SLOT_OF_EVERYTHING = 0
SLOTS_OF_ANYTHING = range(1, 1 + STRIPES)
FIRST_FREE_SLOT = 1 + STRIPES
# How long a write whose outcome is not known may take to be applied, before what it touches is kept again.
SECONDS_IN_DOUBT = 300


def slots_to_read(names: Iterable[str]) -> list[int]:
    """Return the slots whose generations an answer depends on, in ascending order."""
    return list(_slots_of_all(tuple(names)))


def slots_to_advance(names: Collection[str]) -> list[int]:
    """Return the slots that a write advances, in ascending order, in which all writers lock them."""
    if EVERYTHING in names:
        return [SLOT_OF_EVERYTHING]
    if not names:
        return []
    # One stripe for all names: two writers then meet in one of sixteen cases, however many names they touch.
    stripe = random.randrange(STRIPES)
    slots = {_slots_of(name)[stripe % len(_slots_of(name))] for name in (*names, ANYTHING)}
    return sorted(slots)


def stamp(generations: Iterable[str]) -> str:
    """Return one short name for several generations; it changes when one of them does."""
    return blake2b(" ".join(generations).encode(), digest_size=12).hexdigest()


def new_name() -> str:
    """Return the name of a new generation: at random, since two writers who count upwards could meet on one number."""
    return secrets.token_hex(8)


class OwnGenerations:
    """The generations of one process that shares its cache with nobody."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count(1)
        self._slots = [0] * SLOTS
        # The slots of writes whose outcome is not known, and until when nothing of them is found again.
        self._doubted: dict[int, float] = {}

    def stamp(self, names: Iterable[str]) -> str:
        """Return the present generation of what an answer depends on; one that never was before where that is in doubt."""
        slots = slots_to_read(names)
        if self._doubted and self._is_in_doubt(slots):
            return new_name()
        # Each number is higher than all before it, so that the highest changes with each of them.
        return str(max([self._slots[slot] for slot in slots]))

    def advance(self, names: Collection[str]) -> None:
        """Begin a new generation of everything that a write touches."""
        for slot in slots_to_advance(names):
            self._begin(slot)

    def doubt(self, names: Collection[str]) -> None:
        """Have each reader find a generation of its own for some minutes: a write that may still come touches these names."""
        until = time.monotonic() + SECONDS_IN_DOUBT
        for slot in slots_to_advance(names):
            self._doubted[slot] = until
            self._begin(slot)

    def _begin(self, slot: int) -> None:
        # In one step, so that writers who overtake each other bring no old generation back.
        with self._lock:
            self._slots[slot] = next(self._numbers)

    def _is_in_doubt(self, slots: Iterable[int]) -> bool:
        now = time.monotonic()
        return any(self._doubted.get(slot, 0.0) > now for slot in slots)


@lru_cache(maxsize=SLOTS)
def _slots_of_all(names: tuple[str, ...]) -> tuple[int, ...]:
    slots = {SLOT_OF_EVERYTHING}
    for name in names:
        slots.update(_slots_of(name))
    return tuple(sorted(slots))


@lru_cache(maxsize=SLOTS)
def _slots_of(name: str) -> tuple[int, ...]:
    if name == EVERYTHING:
        return (SLOT_OF_EVERYTHING,)
    if name == ANYTHING:
        return tuple(SLOTS_OF_ANYTHING)
    if ":" in name:
        return (_hashed(name),)
    return tuple(_hashed(f"{name}#{stripe}") for stripe in range(STRIPES))


def _hashed(text: str) -> int:
    return FIRST_FREE_SLOT + crc32(text.encode()) % (SLOTS - FIRST_FREE_SLOT)
