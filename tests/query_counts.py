"""Counting the queries of a page."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import Organisation


def queries_of(client: Client, address: str) -> list[str]:
    """The statements that the page runs, those of the session and the person included."""
    Organisation.current()  # made on first use
    client.get(address)  # what the first page of a session costs once
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    return [query["sql"] for query in queries]


def counted(work: Callable[[], object]) -> int:
    """How many statements the work runs."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)
