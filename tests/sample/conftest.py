"""A small sample firm, made once for the tests that only read it."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction

from apps.sample.services import Created, sample_create

SEED = 7
UNTIL = date(2025, 6, 30)


@pytest.fixture(scope="module")
def firm(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Created]:
    """The rows stay for the module and are rolled back; tests that take it must not write."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        yield sample_create(seed=SEED, scale="small", until=UNTIL)
        transaction.set_rollback(True)
