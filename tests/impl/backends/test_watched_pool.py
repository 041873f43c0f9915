"""The pool of connections counts who waits for one."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from impl.backends.watched_pool import WatchedPool


def test_wait_is_counted(tmp_path: Path) -> None:
    """Who finds a connection free does not wait; who does not waits, and may do so in vain; a new pool goes on counting."""
    engine = create_engine(
        f"sqlite:///{tmp_path / 'file.db'}", poolclass=WatchedPool, pool_size=1, max_overflow=1, pool_timeout=0.05
    )
    pool = engine.pool
    assert isinstance(pool, WatchedPool)
    with engine.connect(), engine.connect():
        before = (pool.most, pool.waits.begun, pool.waits.timed_out)
        with pytest.raises(PoolTimeout):
            engine.connect()
    after = (pool.waits.pending, pool.waits.begun, pool.waits.timed_out)
    engine.dispose()
    following = engine.pool
    assert isinstance(following, WatchedPool)

    assert (before, after) == ((2, 0, 0), (0, 1, 1))
    assert following is not pool
    assert following.waits is pool.waits
