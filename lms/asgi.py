import os

import django
from asgiref.sync import sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
django.setup(set_prefix=False)

from webinars.room.socket import SameOrigin, websocket_urlpatterns  # noqa: E402 -- needs the app registry


class Pages(ASGIHandler):
    """Django's handler for a site whose middleware and views are all synchronous.

    One hop into one thread, the whole request there. Django's own handler goes back to the loop for
    the view, and a reader who leaves the page in that moment makes it lose `request_finished`, and
    with it the database connection (asgiref: "CurrentThreadExecutor already quit").
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response)(request)


application = ProtocolTypeRouter(
    {
        "http": Pages(),
        "websocket": SameOrigin(URLRouter(websocket_urlpatterns)),
    }
)
