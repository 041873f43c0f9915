"""Exact counters in Redis: one script counts all policies of a request, on Redis's own clock."""

from collections.abc import Sequence
from typing import Any

from limits.storage import RedisStorage

from .limit_storage import Count, Hit

# Windows of one key end seconds apart; Redis before 7.2 lets a millisecond pass between two commands of a script.
SAME_WINDOW_MS = 500

# KEYS are the counters; ARGV has a quota and a window in milliseconds for each.
HIT = """
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local counts = {}
for index, key in ipairs(KEYS) do
    local quota, window = tonumber(ARGV[2 * index - 1]), tonumber(ARGV[2 * index])
    local spent = tonumber(redis.call("GET", key) or 0)
    local left = redis.call("PTTL", key)
    local admitted = 0
    if spent < quota then
        admitted, spent = 1, redis.call("INCR", key)
    end
    if left < 0 then
        redis.call("PEXPIRE", key, window)
        left = window
    end
    counts[index] = {admitted, spent, now + left, left}
end
return counts
"""

# KEYS has the counter; ARGV the end of the window that it was hit in, and how far off the same end may be.
GIVE_BACK = """
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local spent = tonumber(redis.call("GET", KEYS[1]) or 0)
local left = redis.call("PTTL", KEYS[1])
local same = 0
if left >= 0 and math.abs(now + left - ARGV[1]) < tonumber(ARGV[2]) then
    same = 1
    if spent > 0 then
        spent = redis.call("DECR", KEYS[1])
    end
end
left = math.max(left, 0)
return {same, spent, now + left, left}
"""


class ExactRedisStorage(RedisStorage):
    """
    The library's Redis storage with one more operation: a hit that counts only if it is admitted.

    With the library's own, a refused hit has to be taken back by a second command, which may land in the next window.
    Counters stay plain numbers that expire, as the library keeps them, so that its own commands read them too.
    """

    STORAGE_SCHEME = ["exact-redis", "exact-rediss", "exact-unix"]  # noqa: RUF012  as the library declares it

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri.removeprefix("exact-"), **options)

    def initialize_storage(self, _uri: str) -> None:
        """Prepare the scripts; nothing is sent yet."""
        super().initialize_storage(_uri)
        self._hit_script = self.get_connection().register_script(HIT.encode())
        self._give_back_script = self.get_connection().register_script(GIVE_BACK.encode())

    def hit(self, hits: Sequence[Hit]) -> list[Count]:
        """
        Count each hit that its quota admits; the first one opens the window.

        Raises what the client library raises.
        """
        keys = [self.prefixed_key(each.key) for each in hits]
        arguments = [number for each in hits for number in (each.quota, each.window * 1000)]
        return [_count(*reply) for reply in self._hit_script(keys, arguments)]

    def give_back(self, key: str, ends: float) -> Count:
        """
        Take one hit back from the window that ends then.

        Raises what the client library raises.
        """
        return _count(*self._give_back_script([self.prefixed_key(key)], [round(ends * 1000), SAME_WINDOW_MS]))

    def check(self) -> bool:
        """
        Tell whether Redis counts: one that is full or a replica answers a PING and refuses every write.

        Raises what the client library raises.
        """
        return bool(self.storage.set(self.prefixed_key("check"), 1, px=1000))


def _count(admitted: int, spent: int, ends: int, left: int) -> Count:
    return Count(bool(admitted), spent, ends / 1000, left / 1000)
