"""How processes hear of each other's news over a channel layer."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from channels_redis.core import RedisChannelLayer
from django.conf import settings
from redis.exceptions import MaxConnectionsError

from webinars.room import doorbell

MANY = 300
needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="this run has no Redis")


async def join(layer):
    """Many sockets that each join a group by themselves: those that could, and the troubles."""

    async def one():
        channel = await layer.new_channel()
        await layer.group_add("everybody", channel)
        return channel

    ends = await asyncio.gather(*(one() for _ in range(MANY)), return_exceptions=True)
    joined = [end for end in ends if isinstance(end, str)]
    return joined, {type(end) for end in ends if not isinstance(end, str)}


@needs_redis
def test_the_layer_we_use_takes_in_more_than_the_usual_one():
    """channels-redis' own default with redis-py 8 has a hundred connections, and who comes then is
    refused; whoever hears nothing for five seconds is dropped by a time-out, too (seen by hand).
    Ours holds one connection. Besides, a process joins once, however many sockets it has."""

    async def usual():
        layer = RedisChannelLayer(hosts=[settings.REDIS_URL], prefix="usual")
        joined, troubles = await join(layer)
        await layer.close_pools()
        return len(joined), troubles

    async def ours():
        layer = get_channel_layer()
        joined, troubles = await join(layer)
        await layer.group_send("everybody", {"type": "room.ring"})
        async with asyncio.timeout(20):
            told = [await layer.receive(name) for name in joined]
        await layer.flush()
        return len(told), troubles

    taken_in, troubles = async_to_sync(usual)()
    assert (taken_in < MANY, troubles) == (True, {MaxConnectionsError})
    assert async_to_sync(ours)() == (MANY, set())


@needs_redis
def test_a_process_that_listens_again_and_again_leaves_nothing_behind():
    layer = get_channel_layer()

    async def come_and_go():
        here = layer._get_layer()
        for _ in range(3):
            heard = asyncio.Event()
            ear = asyncio.create_task(doorbell.hear_others(lambda *_, heard=heard: heard.set()))
            async with asyncio.timeout(20):
                while not heard.is_set():
                    message = {"type": "room.ring", "webinar": 1, "what": "news"}
                    await layer.group_send(doorbell.GROUP, message)
                    await asyncio.sleep(0.01)
            ear.cancel()
            await asyncio.gather(ear, return_exceptions=True)
        left = dict(here.groups), dict(here.channels)
        await layer.flush()
        return left

    assert async_to_sync(come_and_go)() == ({}, {})


def test_a_process_that_cannot_listen_keeps_no_rest_of_the_try(settings, monkeypatch):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
        }
    }

    async def listen():
        failed = asyncio.Event()
        monkeypatch.setattr(doorbell.logger, "warning", lambda *_: failed.set())
        ear = asyncio.create_task(doorbell.hear_others(lambda *_: None))
        async with asyncio.timeout(20):
            await failed.wait()
            while get_channel_layer()._get_layer().channels:
                await asyncio.sleep(0.01)
            ear.cancel()
            await asyncio.gather(ear, return_exceptions=True)
        return ear.cancelled()

    assert async_to_sync(listen)()
