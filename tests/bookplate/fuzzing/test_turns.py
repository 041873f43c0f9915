"""A scenario is signed once somebody has looked at the one before."""

import threading
import time

from bookplate.fuzzing.turns import Turns


def test_a_scenario_waits_until_the_one_before_was_looked_at() -> None:
    turns = Turns(seconds=20)
    seen: list[str] = []

    def engine() -> None:
        for label in ("GET /lamps", "GET /lamps", "PUT /lamp", "GET /lamps"):
            turns.begin(label)
            seen.append(label)

    thread = threading.Thread(target=engine)
    thread.start()
    try:
        for label, count in (("GET /lamps", 2), ("PUT /lamp", 3)):
            while len(seen) < count:
                time.sleep(0.01)
            assert seen[-1] == label
            assert len(seen) == count
            turns.finish(label)
    finally:
        thread.join(10)

    assert seen[-1] == "GET /lamps"
    assert not turns.is_off


def test_what_was_looked_at_in_an_earlier_phase_is_looked_at_again() -> None:
    turns = Turns(seconds=0.05)
    turns.begin("GET /lamps")
    turns.finish("GET /lamps")
    turns.begin("PUT /lamp")
    turns.finish("PUT /lamp")
    turns.begin("GET /lamps")

    turns.begin("PUT /lamp")

    assert turns.is_off, "nobody has looked at the second scenario of GET /lamps"


def test_where_nobody_looks_the_engine_is_held_up_once() -> None:
    turns = Turns(seconds=0.2)
    began = time.monotonic()

    for number in range(50):
        turns.begin(f"GET /lamps/{number}")

    assert 0.2 <= time.monotonic() - began < 5
