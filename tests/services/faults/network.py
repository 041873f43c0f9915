"""A slow network that cuts connections, before the database and before the service: nothing is lost, or done twice."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from .processes import Repeating, found
from .proxy import proxied
from .row import Row, Scenario
from .service import NO_ANSWER, Answer, Client, counted
from .stack import standing

SECONDS = 8.0
LATE, ONE_IN = 0.1, 20  # seconds for each part of an answer of the database, and the share of connections that is cut
LOST = 20


def slow_database(folder: Path) -> Iterator[Row]:
    """Let each answer of the database come late, and cut one of twenty connections to it, while books are written."""
    with ExitStack() as running:
        stack = running.enter_context(standing(folder, 1, {"WORKERS": "1"}, is_fronted=False))
        proxy = running.enter_context(proxied(stack.postgresql.port, LATE, ONE_IN))
        replica = stack.replicas[0]
        replica.stop()
        replica.settings["DATABASE_URL"] = f"postgresql://bookplate@127.0.0.1:{proxy.port}/service"
        replica.start()
        running.callback(replica.stop)
        user = signed_in_at_last(replica.client)
        with Repeating(user, "slow") as writers:
            time.sleep(SECONDS)
        seen, holds = found(writers, stack)
        crashed = sum(answer.status == 500 for answer in writers.answers)
        name = f"F18 database {LATE * 1000:.0f} ms late, one of {ONE_IN} connections cut"
        yield Row(name, f"{seen}; {crashed} x 500", "none lost or twice, no 500", holds and not crashed)
        yield Row("control: F18, connections that were cut", str(proxy.cut), "some", proxy.cut > 0)


def signed_in_at_last(client: Client) -> Client:
    """Sign in, again and again where the network keeps that from its end."""
    for _ in range(20):
        try:
            return client.signed_in()
        except AssertionError:
            time.sleep(0.2)
    return client.signed_in()


def lost_answers(folder: Path) -> Iterator[Row]:
    """Cut the connection of each request when its answer comes, and send it again, with the same key and without one."""
    with standing(folder, replicas=1, is_fronted=False) as stack, proxied(stack.replicas[0].port) as proxy:
        user = stack.replicas[0].client.signed_in()
        cut_off = Client(proxy.port, user.token)
        proxy.loses_answers = True
        first = [written(cut_off, number, f"lost-{number}") for number in range(LOST)]
        first += [written(cut_off, number, "") for number in range(LOST, 2 * LOST)]
        proxy.loses_answers = False
        again = [written(user, number, f"lost-{number}") for number in range(LOST)]
        without = [written(user, number, "") for number in range(LOST, 2 * LOST)]
        rows = Counter(stack.stored_titles())
    unanswered = sum(answer.status == NO_ANSWER for answer in first)
    replayed = sum(answer.fields.get("idempotent-replayed") == "true" for answer in again)
    kept = [rows[f"Lost {number}"] for number in range(LOST)]
    doubled = [rows[f"Lost {number}"] for number in range(LOST, 2 * LOST)]
    seen = f"{unanswered} answers lost; sent again: {counted(again)}, {replayed} replayed; rows of each: {sorted(set(kept))}"
    holds = unanswered == 2 * LOST and replayed == LOST and set(kept) == {1}
    yield Row("F20 answers lost after the commit, sent again with the same key", seen, "one row each", holds)
    seen = f"sent again: {counted(without)}; rows of each: {sorted(set(doubled))}"
    yield Row("control: F20, sent again without a key", seen, "two rows each", set(doubled) == {2})


def written(client: Client, number: int, key: str) -> Answer:
    """Add a book, with a key or without."""
    content = {"title": f"Lost {number}", "author": "Somebody", "price": "9.99"}
    fields = {"Idempotency_Key": key} if key else {}
    return client.ask("POST", "/api/books", content, **fields)


SCENARIOS: tuple[Scenario, ...] = (slow_database, lost_answers)
QUICK = SCENARIOS
