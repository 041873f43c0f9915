"""The addresses of one service that runs more than once, and which of them gets which request."""

import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

# What may follow the server's name in a URL.
BEHIND_A_NAME = ("/", "?", "#")


class Replicas:
    """
    The addresses of one service, each a URL with the base path, and whose turn it is.

    Consecutive requests of one sender go to one address after the other, so that what is written at one is read at the
    next. Where a sender begins follows from the seed and from how many senders came before it. So the same run sends the
    same request to the same address; of requests that are sent at once any may come first.
    """

    def __init__(self, urls: Sequence[str], seed: int = 1) -> None:
        self.urls = tuple(url.rstrip("/") for url in urls)
        self.origins = tuple(origin_of(url) for url in self.urls)
        self._seed = seed
        self._sent: dict[str, int] = {}  # by sender: where it began, and one more for each request
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.urls)

    def at_turn(self, url: str, sender: str) -> str:
        """Return a URL at the address whose turn it is with a sender; one that leads elsewhere as it is."""
        if len(self) == 1:
            return url
        origin = self._origin_in(url)
        if origin is None:
            return url
        return self.origins[self._turn_of(sender)] + url.removeprefix(origin)

    def address_of(self, url: str) -> str:
        """Return the address that a URL leads to; the first one where it leads to none of them."""
        origin = self._origin_in(url)
        return self.urls[self.origins.index(origin)] if origin is not None else self.urls[0]

    def below(self, url: str) -> str:
        """Return what of a URL stands below the address that it leads to; all of it where it leads to none."""
        return url.removeprefix(self.address_of(url))

    def _origin_in(self, url: str) -> str | None:
        """Return the origin of ours that a URL begins with, which may be no URL behind that."""
        for origin in self.origins:
            if url.startswith(origin) and (url == origin or url.startswith(BEHIND_A_NAME, len(origin))):
                return origin
        return None

    def _turn_of(self, sender: str) -> int:
        """Return the place of the address whose turn it is, and let the next one be next."""
        with self._lock:
            turn = self._sent.get(sender, self._seed - 1 + len(self._sent))
            self._sent[sender] = turn + 1
            return turn % len(self)


def origin_of(url: str) -> str:
    """Return scheme, name and port of a URL, as they stand in it."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"
