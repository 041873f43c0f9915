"""Cursors: opaque, signed, and good for one walk only."""

from itsdangerous import BadData, URLSafeSerializer

from ..problems import InvalidCursor, fault


class Cursors:
    """The signer of one service's cursors."""

    def __init__(self, secret: str, previous: str | None) -> None:
        self._keys = [each for each in (previous, secret) if each]

    def write(self, walk: str, last_id: int) -> str:
        """Return the cursor that goes on behind an item of a walk; `walk` names operation and filters."""
        return str(URLSafeSerializer(self._keys, salt=walk).dumps(last_id))

    def read(self, walk: str, cursor: str) -> int:
        """
        Return the id of the item that a cursor goes on behind.

        Raises InvalidCursor for a cursor of another walk, and for anything else.
        """
        try:
            return int(URLSafeSerializer(self._keys, salt=walk).loads(cursor))
        except (BadData, ValueError, TypeError):
            raise InvalidCursor(faults=[fault("/query/cursor", "invalid_cursor", InvalidCursor.detail)]) from None
