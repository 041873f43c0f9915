"""The addresses of one service that runs as several servers, and the choice of one for each request."""

import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

# The characters that may follow the host and port in a URL.
BEHIND_A_NAME = ("/", "?", "#")


class Replicas:
    """
    The addresses of one service, each a URL with the base path. They take turns in getting requests.

    Each request of a sender goes to the address after that of its last request. So what is written at one address is
    read at the next. The first address of a sender depends on the seed and on the number of senders before it. So the
    same run sends the same request to the same address. Only requests that are sent at the same time may change places.
    """

    def __init__(self, urls: Sequence[str], seed: int = 1) -> None:
        self.urls = tuple(url.rstrip("/") for url in urls)
        self.origins = tuple(origin_of(url) for url in self.urls)
        self._seed = seed
        self._sent: dict[str, int] = {}  # by sender: the number of its first address, and one more for each request
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.urls)

    def at_turn(self, url: str, sender: str) -> str:
        """Return a URL with the next address of a sender in it; a URL of another service is returned unchanged."""
        if len(self) == 1:
            return url
        origin = self._origin_in(url)
        if origin is None:
            return url
        return self.origins[self._turn_of(sender)] + url.removeprefix(origin)

    def address_of(self, url: str) -> str:
        """Return the address that a URL begins with; the first address where it begins with none of them."""
        origin = self._origin_in(url)
        return self.urls[self.origins.index(origin)] if origin is not None else self.urls[0]

    def below(self, url: str) -> str:
        """Return a URL without the address that it begins with; the whole URL where it begins with none of them."""
        return url.removeprefix(self.address_of(url))

    def _origin_in(self, url: str) -> str | None:
        """Return the origin that a text begins with, or None. What follows need not be a valid path."""
        for origin in self.origins:
            if url.startswith(origin) and (url == origin or url.startswith(BEHIND_A_NAME, len(origin))):
                return origin
        return None

    def _turn_of(self, sender: str) -> int:
        """Return the index of the sender's next address, and count the request."""
        with self._lock:
            turn = self._sent.get(sender, self._seed - 1 + len(self._sent))
            self._sent[sender] = turn + 1
            return turn % len(self)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, unchanged."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"
