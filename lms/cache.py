"""The cache on Redis, which may go away."""

import logging
import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that one question may take
PAUSE = 5.0  # seconds without questions after one failed
_COUNT = "return redis.call('exists', KEYS[1]) == 1 and redis.call('incrby', KEYS[1], ARGV[1])"

_clients: dict[tuple[str, ...], "_Client"] = {}
_away_until: dict[tuple[str, ...], float] = {}


class _Client(RedisCacheClient):
    def incr(self, key: str, delta: int) -> int:  # type: ignore[override]
        """In one step. Django asks first whether there is a count; one that runs out just then is
        begun anew without an end, and whoever is held to it would be held for ever."""
        counted = self.get_client(key, write=True).eval(_COUNT, 1, key, delta)
        if counted is None:
            raise ValueError(f"Key {key!r} not found.")
        return int(counted)


class SharedOrOwn(RedisCache):
    """Redis while it is there; else a cache of this process's own, as on a site without Redis.

    So nobody waits for a Redis that is away, no page fails, and what is counted here to hold
    people to a pace goes on being counted. redis-py by itself would try eleven times, five seconds
    each, and then fail the request.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("while Redis is away", params)
        self._place = tuple(server.split(","))

    @property
    def _cache(self) -> _Client:
        """One for the process: Django makes a cache for each thread, and a web process a thread
        for each request, which would all open connections of their own."""
        if self._place not in _clients:
            client = _Client(
                list(self._place),
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 1),  # once: a line that a restart broke
            )
            _clients.setdefault(self._place, client)
        return _clients[self._place]


def _either(name: str) -> Any:
    def ask(self: SharedOrOwn, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= _away_until.get(self._place, 0.0):
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except RedisError as error:
                _away_until[self._place] = time.monotonic() + PAUSE
                logger.warning("Redis is away; each process counts for itself: %s", error)
        return getattr(self._own, name)(*args, **kwargs)

    return ask


for _name in (
    *("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr", "set_many"),
    *("delete_many", "clear"),
):
    setattr(SharedOrOwn, _name, _either(_name))
