"""The pool of connections, and a server that ends them."""

import psycopg
import pytest
from django.db import connection

from people.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="this run has no PostgreSQL"),
]


def test_what_a_restart_broke_is_replaced_and_no_request_fails():
    """Without CONN_HEALTH_CHECKS the next request got the broken one, and an error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[pid]] = cursor.fetchall()
    connection.close()  # back to the pool
    here = connection.settings_dict
    with psycopg.connect(
        host=here["HOST"], port=here["PORT"], user=here["USER"], password=here["PASSWORD"],
        dbname=here["NAME"], autocommit=True,
    ) as server:  # fmt: skip
        server.execute("SELECT pg_terminate_backend(%s)", [pid])

    assert not User.objects.exists()
