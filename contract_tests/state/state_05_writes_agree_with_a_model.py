"""STATE-05: writes agree with a model."""

import json
from typing import Any

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_creator, look_up
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Item, PreparedRequest, Resources, filterable_mark, shown
from bookplate.wire import Exchange


@experiment("STATE-05", source="RFC 9110, section 9.3; x-unique", applies=is_creator)
def test_writes_agree_with_a_model(operation: Operation, resources: Resources) -> str:
    """Whatever is made, changed and deleted in whatever order: what is listed, and what is taken, is what a model says."""
    links = operation.responses["201"].get("links", {}).values()
    linked = {resources.document.resolve(link).get("operationId") for link in links}
    writes = [o for o in resources.document.operations if o.id in linked and o.method in ("PUT", "PATCH", "DELETE")]
    if not writes or not filterable_mark(operation, resources)[0]:
        return "not checked: no links lead to what changes it, or no list has a filter that looks into free text"
    found: list[Exception] = []
    told_ = {"resources": resources, "creator": operation, "writes": [operation, operation, *writes], "found": found}
    play(told_)
    if found:
        raise found[0]
    return ""


def play(members: dict[str, Any]) -> None:
    """Play rows of steps on a model that has these members."""
    # Hypothesis takes longer to import than all other laws together.
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

    step = rule(
        turn=st.integers(0, 99), which=st.integers(0, 9), value=st.sampled_from((None, 0, 1)), twin=st.integers(0, 1)
    )
    machine = type("ModelOfOne", (Model, RuleBasedStateMachine), {**members, "step": step(Model.step)})
    # What is found is kept and told afterwards: Hypothesis would play it again and again.
    few = settings(
        settings(max_examples=8, stateful_step_count=10, derandomize=True, database=None, deadline=None),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)


class Model:
    """What should be there: items and what is known of them by key, and the key of whoever holds a unique value."""

    resources: Resources
    creator: Operation
    writes: list[Operation]
    found: list[Exception]

    def __init__(self) -> None:
        super().__init__()
        unique, samples = self.creator.unique, self.resources.samples
        self.pool = {name: [samples.twins(schema) for _ in range(2)] for name, schema in unique.items()}
        self.lists, self.mark = filterable_mark(self.creator, self.resources)
        self.items: dict[Any, tuple[Item, Any]] = {}
        self.holders: dict[tuple[str, int], Any] = {}
        self.sent: list[Exchange] = []

    def step(self, turn: int, which: int, value: int | None, twin: int) -> None:
        operation = self.writes[turn % len(self.writes)] if self.items else self.creator
        key = None if operation is self.creator else list(self.items)[which % len(self.items)]
        taken = {} if value is None or not operation.body_media else dict.fromkeys(self.pool, value)
        try:
            if not self.found:
                self.write(operation, key, taken, twin)
        except (Violation, NotChecked) as problem:
            self.found.append(problem)

    def write(self, operation: Operation, key: Any, taken: dict[str, int], twin: int) -> None:
        """Write, claiming unique values in one of their spellings, expect what the model expects, and compare."""
        named = {name: self.pool[name][number][twin] for name, number in taken.items()}
        prepared = PreparedRequest(operation, self.resources.users.a, self.items[key][0] if key else None)
        body = {**self.resources.samples.body(operation), **self.mark, **named} if operation.body_media else None
        answer = self.resources.write(prepared, self.resources.read(prepared).header("etag") if key else None, body)
        self.sent.append(answer)
        clash = any(self.holders.get(each, key) != key for each in taken.items())
        if (answer.status == 409) != clash or (not clash and answer.status >= 300):
            observed = f"{len(self.sent)} writes, the last: {answer.describe()}"
            expected = "409: the value is taken" if clash else "success: nothing stands against it"
            raise Violation(observed, expected=expected, exchanges=self.story)
        if not clash:
            self.keep(prepared, key, answer, taken)
        there, pages = shown(self.lists[0], self.resources, self.mark)
        right = {each: known for each, (_, known) in self.items.items()}
        if {each: self.known(item) for each, item in there.items()} != right:
            observed = f"after {len(self.sent)} writes {self.lists[0].id} shows other items, or other values of them"
            raise Violation(observed, expected=f"{len(self.items)} items", exchanges=[*self.story, *pages])

    def keep(self, prepared: PreparedRequest, key: Any, answer: Exchange, taken: dict[str, int]) -> None:
        """Do in the model what was done."""
        if prepared.operation.method != "PATCH" or taken:
            self.holders = {each: holder for each, holder in self.holders.items() if holder != key}
        if prepared.operation.method == "DELETE":
            del self.items[key]
            return
        item = prepared.item or Item(prepared.caller, self.creator, answer)
        if prepared.item is None:
            key = self.lists[0].key(item.value)
            for pointer in set(self.resources.pointers(self.creator).values()):
                self.resources.script.take(f"MODEL_{key}", str(look_up(item.value, pointer)), pointer, answer)
        self.items[key] = (item, self.known(answer.json() or self.resources.read(prepared).json()))
        self.holders |= dict.fromkeys(taken.items(), key)

    def known(self, item: Any) -> dict[str, Any]:
        """Return what clients can write of an item: a server may count or date the rest."""
        written = self.resources.document.members(self.creator)
        return {name: item.get(name) for name in written if name in item}

    @property
    def story(self) -> list[Exchange]:
        """What was written; what made items is sent before it, to learn their ids."""
        return [each for each in self.sent[:-1] if each.status != 201] + self.sent[-1:]


def never_freed(request: Request, method: str) -> Steps:
    """Refuse unique values that something held before a method took them from it."""
    body, held, stuck = request.json(), request.memory.setdefault("held", {}), request.memory.setdefault("stuck", set())
    isbn = str(body.get("isbn") or "").replace("-", "")[-10:-1] if isinstance(body, dict) else ""
    answer = yield
    if isbn and isbn in stuck and held.get(request.path) != isbn:
        answer.become(409, {})
    elif answer.status < 300 and request.method != "GET":
        path = answer.headers.get("location", request.path)
        if request.method == method and held.get(path) != isbn and path in held and (isbn or method == "DELETE"):
            stuck.add(held.pop(path))
        if isbn:
            held[path] = isbn


@fault(test_writes_agree_with_a_model)
def rename_frees_no_value(request: Request) -> Steps:
    """A unique value that was replaced by another one stays taken."""
    yield from never_freed(request, "PUT")


@fault(test_writes_agree_with_a_model)
def deletion_frees_no_value(request: Request) -> Steps:
    """The unique value of something deleted stays taken."""
    yield from never_freed(request, "DELETE")


@fault(test_writes_agree_with_a_model)
def lists_lag_behind(request: Request, answer: Answer) -> None:
    """A list is the one of a moment ago."""
    if request.method == "GET" and answer.status == 200 and b'"items"' in answer.body:
        key = json.dumps(request.query)
        answer.body, request.memory[key] = request.memory.get(key, answer.body), answer.body
