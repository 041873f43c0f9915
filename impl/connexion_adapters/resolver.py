"""
operationId to handler: the function of that name in the feature folder that the tag names.

connexion turns a broken import into a silent 501 ahead of security; here it fails at start, and a handler that is
merely missing is a 501 behind security and validation, with the stub to write.
"""

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from string import Formatter
from typing import Any

from connexion.context import operation as routed_operation
from connexion.resolver import Resolution, Resolver

from .. import current
from ..backends.generations import shown_by
from ..backends.limiter import Attempts
from ..contract.contract import ContractError, Operation
from ..problems import NotBuilt
from ..representation.pagination import Here
from ..representation.responses import answer
from ..services import Services

Handler = Callable[..., Any]
PROVIDED = ("caller", "here", "body", "operation", "attempts", "services")


class HandlerResolver(Resolver):
    """Finds the handlers of one package."""

    def __init__(self, package: str, services: Services) -> None:
        super().__init__()
        self._package = package
        self._services = services

    def resolve(self, operation: Any) -> Resolution:
        """Return the view of an operation."""
        known = self._services.contract.operations[operation.operation_id]
        handler = self._find(known)
        _check_signature(known, handler)
        if note := getattr(handler, "after_200", None):
            self._services.after_200[known.id] = note
        if getattr(handler, "refused_while_stopping", False):
            self._services.refused_while_stopping.add(known.id)
        if names := shown_by(handler):
            self._services.shows[known.id] = names
        if "caller" in inspect.signature(handler).parameters:
            self._services.personal.add(known.id)
        return Resolution(_view(known, handler, self._services), known.id)

    def _find(self, operation: Operation) -> Handler:
        name = f"{self._package}.{operation.tag}.handlers"
        try:
            handler = getattr(importlib.import_module(name), operation.id, None)
        except ModuleNotFoundError as error:
            if error.name not in (name, name.rpartition(".")[0]):
                raise
            handler = None
        if handler is None:
            _print_stub(operation, name.replace(".", "/") + ".py")
            return _not_built
        return handler  # type: ignore[no-any-return]


def _view(operation: Operation, handler: Handler, services: Services) -> Handler:
    names = tuple(inspect.signature(handler).parameters)

    @functools.wraps(handler)
    def view(**_path: Any) -> Any:
        request = current.request.get()
        # connexion and Flask route separately; where they differ, security was checked for another operation.
        if request.operation is not operation or routed_operation.operation_id != operation.id:
            raise RuntimeError(f"Flask arrived at {operation.id}, connexion did not")
        supplied = request.arguments | _provided(operation, request, services)
        return answer(operation, handler(**{name: supplied[name] for name in names}))

    return view


def _provided(operation: Operation, request: current.CurrentRequest, services: Services) -> dict[str, Any]:
    return {
        "caller": request.caller,
        "here": Here(request.prefix + request.path, request.prefix + operation.contract.base_path, request.query),
        "operation": operation,
        "attempts": Attempts(services.limits, operation.policies, request),
        "services": services,
    }


def _check_signature(operation: Operation, handler: Handler) -> None:
    known = {*PROVIDED, *_arguments(operation)}
    for name in inspect.signature(handler).parameters:
        if name not in known:
            raise ContractError(f"the handler {operation.id} takes {name}, which its operation does not declare")
    for name in shown_by(handler):
        for _, argument, _, _ in Formatter().parse(name):
            if argument is not None and argument not in known:
                raise ContractError(f"the handler {operation.id} shows {name}, which its operation does not declare")


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
