"""Ask /readyz of the process on this machine's port, as the proxy would. For health checks.

python deploy/probe.py 8000 [PATH]

The site answers only to its own name, so the request carries the host of SITE_URL.
"""

import os
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

port, path = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "/readyz"
connection = HTTPConnection("127.0.0.1", port, timeout=4)
host = urlsplit(os.environ.get("SITE_URL", "")).netloc or f"127.0.0.1:{port}"
try:
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
except OSError as error:
    sys.exit(f"port {port} does not answer: {error}")
if answer.status != 200:
    sys.exit(f"port {port} answers {answer.status}")
