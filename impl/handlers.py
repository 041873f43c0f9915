"""
Handlers: for each operation the function of its name in the feature folder that its tag names.

A module that cannot be imported stops the start. A handler that is merely missing is a 501 behind security and
validation, and the start prints the stub to write.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from string import Formatter
from typing import Any

from .backends.limiter import Attempts
from .contract.contract import ContractError, Operation
from .handler_marks import Marks, marks_of
from .problems import NotBuilt
from .representation.pagination import Here
from .request_context import RequestContext
from .services import Services

Function = Callable[..., Any]
SERVICES = frozenset(field.name for field in fields(Services))


class Handler:
    """The handler of one operation; what its parameters name is given to it: see `docs/how-to/add-an-operation.md`."""

    def __init__(self, operation: Operation, function: Function, services: Services) -> None:
        _check_names(operation, function)
        self.operation = operation
        self.function = function
        self.marks: Marks = marks_of(function)
        self.knows_caller = "caller" in _parameters(function)
        self._services = services
        self._names = _parameters(function)
        self._names_after_200 = _parameters(self.marks.after_200) if self.marks.after_200 else ()

    def call(self, request: RequestContext) -> Any:
        """Return what the handler returns for a request."""
        return self.function(**self._given(self._names, request))

    def note_200(self, request: RequestContext) -> None:
        """Do what the handler wants done after each 200."""
        if self.marks.after_200:
            self.marks.after_200(**self._given(self._names_after_200, request))

    def _given(self, names: Iterable[str], request: RequestContext) -> dict[str, Any]:
        call = Call(self.operation, request, self._services)
        return {name: _argument(name, call) for name in names}


@dataclass(frozen=True, slots=True)
class Call:
    """One request for an operation, from which a handler's arguments are made."""

    operation: Operation
    request: RequestContext
    services: Services

    def here(self) -> Here:
        """Return the address of the request as the client sees it."""
        prefix = self.request.prefix
        return Here(prefix + self.request.path, prefix + self.operation.contract.base_path, self.request.query)

    def attempts(self) -> Attempts:
        """Return the limits on failures that the content keys."""
        return Attempts(self.services.limits, self.operation.policies, self.request.rate_limit_fields)


# Beside these, a handler may name the parameters of its operation, `body`, and each of the services.
PROVIDED: dict[str, Callable[[Call], Any]] = {
    "caller": lambda call: call.request.caller,
    "here": Call.here,
    "operation": lambda call: call.operation,
    "attempts": Call.attempts,
}


def _argument(name: str, call: Call) -> Any:
    if name in PROVIDED:
        return PROVIDED[name](call)
    # A parameter of the operation goes before a service of the same name.
    arguments = call.request.arguments
    return arguments[name] if name in arguments else getattr(call.services, name)


def find_handlers(package: str, services: Services) -> dict[str, Handler]:
    """
    Find the handler of each operation of the document, by the operation's id.

    Raises ContractError for one that takes what its operation does not declare, and whatever an import raises.
    """
    operations = services.contract.operations.values()
    return {each.id: Handler(each, _find(package, each), services) for each in operations}


def _find(package: str, operation: Operation) -> Function:
    name = f"{package}.{operation.tag}.handlers"
    try:
        function: Function | None = getattr(importlib.import_module(name), operation.id, None)
    except ModuleNotFoundError as error:
        if error.name not in (name, name.rpartition(".")[0]):
            raise
        function = None
    if function is None:
        _print_stub(operation, name.replace(".", "/") + ".py")
        return _not_built
    return function


def _check_names(operation: Operation, function: Function) -> None:
    known = {"body", *PROVIDED, *SERVICES, *_arguments(operation)}
    marks = marks_of(function)
    taken = [*_parameters(function), *(_parameters(marks.after_200) if marks.after_200 else ())]
    for name in taken:
        if name not in known:
            raise ContractError(f"the handler {operation.id} takes {name}, which its operation does not declare")
    for name in marks.shows:
        for _, argument, _, _ in Formatter().parse(name):
            if argument is not None and argument not in known:
                raise ContractError(f"the handler {operation.id} shows {name}, which its operation does not declare")


def _parameters(function: Function) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _arguments(operation: Operation) -> list[str]:
    return [each["name"].lower().replace("-", "_") for each in operation.parameters]


def _not_built() -> None:
    raise NotBuilt()


def _print_stub(operation: Operation, file: str) -> None:
    content = ["body"] if "requestBody" in operation.raw else []
    caller = [] if operation.is_public else ["caller"]
    arguments = ", ".join([*_arguments(operation), *content, *caller])
    stub = f"def {operation.id}({arguments}):\n    ..."
    print(
        f"{operation.method} {operation.path} has no handler. Add to {file}:\n\n{stub}\n", file=sys.stderr, flush=True
    )
