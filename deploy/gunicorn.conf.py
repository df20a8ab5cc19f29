"""Pages by WSGI: threads wait for the database, processes use the cores."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_PROCESSES") or 2)
worker_class = "gthread"
threads = 4  # fewer than DB_POOL, so that nobody waits for a connection
timeout = 60
graceful_timeout = 30
keepalive = 75  # longer than the proxy keeps an idle connection, so it never meets a closed one
max_requests, max_requests_jitter = 10_000, 1_000
worker_tmp_dir = "/dev/shm"  # noqa: S108 -- the workers' heartbeat must not wait for a disk
control_socket_disable = True
accesslog = None  # addresses of calendars and of sign-in links are secrets
