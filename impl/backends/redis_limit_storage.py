"""Exact counters in Redis: one script counts all policies of a request, on Redis's own clock."""

from collections.abc import Sequence
from typing import Any

from limits.storage import RedisStorage

from .limit_storage import Count, Hit

# KEYS are the counters; ARGV says whether to count (1) or to look (0), then has a quota and a window in milliseconds for
# each. A counter that somebody left without an end gets one either way, or it would refuse for ever.
HIT = """
local counting = ARGV[1] == "1"
local counts = {}
for index, key in ipairs(KEYS) do
    local quota, window = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
    local spent = tonumber(redis.call("GET", key) or 0)
    local left = redis.call("PTTL", key)
    local admitted = 0
    if spent < quota then
        admitted = 1
        if counting then
            spent = redis.call("INCR", key)
        end
    end
    if left < 0 then
        redis.call("PEXPIRE", key, window)
        left = window
    end
    counts[index] = {admitted, spent, left}
end
return counts
"""


class ExactRedisStorage(RedisStorage):
    """
    The library's Redis storage with two more operations: a hit that counts only if it is admitted, and a look at what it
    would find.

    With the library's own, a refused hit has to be taken back by a second command, which may land in the next window.
    Counters stay plain numbers that expire, as the library keeps them, so that its own commands read them too.
    """

    STORAGE_SCHEME = ["exact-redis", "exact-rediss", "exact-unix"]  # noqa: RUF012  as the library declares it

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri.removeprefix("exact-"), **options)

    def initialize_storage(self, _uri: str) -> None:
        """Prepare the script; nothing is sent yet."""
        super().initialize_storage(_uri)
        self._hit_script = self.get_connection().register_script(HIT.encode())

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """
        Count each hit that its quota admits; the first one opens the window.

        Raises what the client library raises.
        """
        return self._run(hits, is_counting=True)

    def look(self, hits: Sequence[Hit]) -> list[Count]:
        """
        Tell of each hit what would come of it, and count none.

        Raises what the client library raises.
        """
        return self._run(hits, is_counting=False)

    def check(self) -> bool:
        """
        Tell whether Redis counts: one that is full or a replica answers a PING and refuses every write.

        Raises what the client library raises.
        """
        return bool(self.storage.set(self.prefixed_key("check"), 1, px=1000))

    def _run(self, hits: Sequence[Hit], *, is_counting: bool) -> list[Count]:
        keys = [self.prefixed_key(each.key) for each in hits]
        arguments = [number for each in hits for number in (each.quota, each.window * 1000)]
        replies = self._hit_script(keys, [int(is_counting), *arguments])
        return [Count(bool(admitted), spent, left / 1000) for admitted, spent, left in replies]
