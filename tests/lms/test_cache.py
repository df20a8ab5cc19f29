"""The cache with Redis there, away, and back."""

import time

import pytest
import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as Away

from lms import cache
from lms.cache import SharedOrOwn

needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="this run has no Redis")
NOBODY_THERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _nothing_left_over():
    yield
    SharedOrOwn(NOBODY_THERE, {}).clear()
    cache._away_until.clear()
    cache._clients.clear()


def test_without_redis_each_process_has_its_own():
    mine, other = SharedOrOwn(NOBODY_THERE, {}), SharedOrOwn(NOBODY_THERE, {})

    assert mine.add("pace", 0, 60)
    assert not other.add("pace", 0, 60)
    assert [mine.incr("pace"), other.incr("pace")] == [1, 2]
    assert mine.set_many({"a": 1, "b": [2]}) == []
    assert mine.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]}
    assert other.has_key("a")
    assert (other.touch("a", 60), other.delete("a"), other.get("a", "gone")) == (True, True, "gone")
    mine.delete_many(["b"])
    with pytest.raises(ValueError, match="not found"):
        mine.incr("b")
    mine.clear()
    assert mine.get("pace") is None


def test_redis_that_is_away_is_asked_now_and_then(monkeypatch):
    asked = []

    def away(self, key, *args, **kwargs):
        asked.append(key)
        raise Away("refused")

    monkeypatch.setattr(RedisCache, "get", away)
    for key in ("a", "b", "c"):
        SharedOrOwn(NOBODY_THERE, {}).get(key)
    assert asked == ["a"]

    later = time.monotonic() + cache.PAUSE
    monkeypatch.setattr(time, "monotonic", lambda: later)
    SharedOrOwn(NOBODY_THERE, {}).get("d")
    assert asked == ["a", "d"]


@needs_redis
def test_one_set_of_lines_serves_every_thread():
    mine, other = SharedOrOwn(settings.REDIS_URL, {}), SharedOrOwn(settings.REDIS_URL, {})
    mine.set("shared", ["x"], 60)
    assert other.get("shared") == ["x"]
    assert mine._cache is other._cache


@needs_redis
def test_a_count_that_just_ran_out_is_not_begun_again_for_ever(monkeypatch):
    """With Django's own `incr` this left the key 1 without an end."""
    here = SharedOrOwn(settings.REDIS_URL, {})
    assert here.add("pace", 5, 60)
    assert here.incr("pace", 2) == 7
    here.delete("pace")

    monkeypatch.setattr(redis.Redis, "exists", lambda *_: 1)  # it was there a moment ago
    with pytest.raises(ValueError, match="not found"):
        here.incr("pace")
    assert here.get("pace") is None
