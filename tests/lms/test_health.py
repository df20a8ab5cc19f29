import pytest
from django.db import OperationalError, connection


def test_a_process_that_answers_says_so_without_asking_anybody(
    client, db, django_assert_num_queries
):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_process_that_reaches_its_database_is_ready(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_without_its_database_a_process_is_not_ready(client, monkeypatch):
    def away(*_):
        raise OperationalError("the server is away")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"no database\n")
