"""
ASGI layers that know their operation, chosen by connexion's own routing.

connexion's validation and security layers build parsers anew for each request and check parameters before the media
type; this contract orders it otherwise (spec-first/connexion#1860, #2040: client errors that became 500).
"""

from collections.abc import Callable, Sequence
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.spec import Specification
from starlette.types import ASGIApp

from ..contract.contract import Contract, Operation
from ..edge.asgi import Around, Layer

StepsOf = Callable[[Operation], Sequence[Around]]


class _LayeredAPI(RoutedAPI[Any]):
    def make_operation(self, operation: Any) -> Any:
        """Never asked: the layers are made from the contract."""
        raise NotImplementedError


class PerOperation(RoutedMiddleware[_LayeredAPI]):
    """A layer of the edge for each operation, with the steps of that operation, made at start."""

    api_cls = _LayeredAPI

    def __init__(self, app: ASGIApp, contract: Contract, around: StepsOf) -> None:
        super().__init__(app)
        self._contract = contract
        self._around = around

    def add_api(self, specification: Specification, **kwargs: Any) -> _LayeredAPI:
        """Make the layers of one document."""
        api: _LayeredAPI = super().add_api(specification, **kwargs)
        for operation in self._contract.operations.values():
            api.operations[operation.id] = Layer(self.app, self._around(operation))
        return api
