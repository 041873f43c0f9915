"""Replicas behind nginx that are restarted one after the other, in order and by force, under a steady load."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from .row import Row, Scenario
from .service import Answer, Client, counted
from .stack import Paced, Stack, standing

RATE = 200  # requests a second
BEFORE, BETWEEN = 1.0, 2.0  # seconds of load before the first restart, and behind each
GOOD = (200, 201)
READS = 0.5  # of all requests


def rolling_restart(folder: Path) -> Iterator[Row]:
    """Restart both replicas in turn while 200 requests a second come in, half of them writes; then kill them instead."""
    with standing(folder) as stack:
        user = Client(stack.port).signed_in()
        name = "F06 rolling restart of two replicas behind nginx"
        yield played(f"{name}, each drained", stack, user, "restart", is_control=False)
        yield played(f"control: {name}, each killed", stack, user, "killed", is_control=True)


def played(name: str, stack: Stack, user: Client, mark: str, *, is_control: bool) -> Row:
    """Send requests while each replica goes and comes back; clients try nothing again."""
    written: dict[str, Answer] = {}
    chance = random.Random(13)  # reads and writes in turns could each meet one replica alone

    def send(number: int) -> Answer:
        if chance.random() < READS:
            return user.ask("GET", f"/api/books?nocache=true&page=1&per_page={1 + number % 20}")
        title = f"{mark} {number}"
        written[title] = user.ask("POST", "/api/books", {"title": title, "author": "Somebody", "price": "9.99"})
        return written[title]

    with Paced(send, RATE) as load:
        time.sleep(BEFORE)
        for replica in stack.replicas:
            replica.kill() if is_control else replica.stop()
            replica.start()
            time.sleep(BETWEEN)
    acknowledged = {title for title, answer in written.items() if answer.status == 201}
    lost = acknowledged - {*stack.stored_titles()}
    failed = [answer for answer in load.answers if answer.status not in GOOD]
    seen = (
        f"{len(load.answers)} requests in {load.seconds:.0f} s: {counted(load.answers)}; {len(failed)} failed; "
        f"{len(acknowledged)} writes acknowledged, {len(lost)} lost"
    )
    if is_control:
        return Row(name, seen, "some fail", bool(failed))
    return Row(name, seen, "none fails, none is lost", bool(acknowledged) and not failed and not lost)


SCENARIOS: tuple[Scenario, ...] = (rolling_restart,)
