"""An honest API behind todos.yaml: nobody signs in, lists are bare arrays with offsets, errors are a word. A ledger has it."""

from tests.ledger.todos.app import create_app

__all__ = ["create_app"]
