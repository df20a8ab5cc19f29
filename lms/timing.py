"""Server-Timing on every answer outside production: what the database and the view took."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse


class _Counter:
    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries += 1
            self.seconds += time.perf_counter() - begun


def server_timing(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, outermost. Milliseconds of wall time; `app` is all but the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        counter, begun = _Counter(), time.perf_counter()
        with connection.execute_wrapper(counter):
            response = get_response(request)
        total = time.perf_counter() - begun
        response["Server-Timing"] = (
            f'db;desc="{counter.queries} queries";dur={counter.seconds * 1000:.1f}, '
            f"app;dur={(total - counter.seconds) * 1000:.1f}"
        )
        return response

    return middleware
