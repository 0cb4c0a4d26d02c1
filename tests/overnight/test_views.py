"""The run log's pages: for administrators alone, live while a run works."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.members.models import AccessRole, Member
from apps.overnight import services, tasks
from apps.overnight.locks import KEY
from apps.overnight.models import NightRun, NightStep, RunKind, RunState
from apps.overnight.steps import STEPS
from tests.factories import make_member

pytestmark = pytest.mark.django_db
NIGHT = date(2017, 12, 31)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    handed: list[int] = []
    monkeypatch.setattr(tasks.run_step, "delay", handed.append)
    return handed


@pytest.fixture
def admin(client: Client) -> Member:
    member = make_member(AccessRole.ADMIN)
    client.force_login(member)
    return member


@pytest.fixture
def somebody_works() -> Iterator[None]:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [KEY])
        yield
        # The server takes a moment to notice that a session has ended.
        cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])
    other.close()


def begin() -> NightRun:
    return services.run_begin(kind=RunKind.NIGHTLY, through_on=NIGHT, by=None)


def page(client: Client, name: str, *args: Any, **headers: str) -> str:
    response = client.get(reverse(name, args=args), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("role", [role for role in AccessRole if role is not AccessRole.ADMIN])
def test_for_other_roles_the_pages_do_not_exist(
    client: Client, role: AccessRole, queued: list[int]
) -> None:
    run = begin()
    client.force_login(make_member(role))

    assert client.get(reverse("night_runs")).status_code == 404
    assert client.get(reverse("night_run", args=[run.pk])).status_code == 404
    assert client.post(reverse("night_run_start")).status_code == 404
    assert queued == []


def test_strangers_sign_in_first(client: Client, queued: list[int]) -> None:
    for response in (client.get(reverse("night_runs")), client.post(reverse("night_run_start"))):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))
    assert NightRun.objects.count() == 0


def test_before_the_first_run_the_page_says_what_will_happen(client: Client, admin: Member) -> None:
    text = page(client, "night_runs")

    assert "No run yet" in text
    assert "Run now" in text
    assert "every 2s" not in text


def test_a_finished_run_shows_its_steps_and_asks_no_more(client: Client, admin: Member) -> None:
    run = begin()
    services.run_finish(run=run)

    listed, shown = page(client, "night_runs"), page(client, "night_run", run.pk)

    assert "31 Dec 2017" in listed
    assert f"{len(STEPS)} of {len(STEPS)} steps done" in shown
    assert "Conversion and dwell time" in shown
    assert "every 2s" not in listed + shown


@pytest.mark.usefixtures("somebody_works")
def test_while_a_run_works_the_page_asks_for_its_progress(client: Client, admin: Member) -> None:
    run = begin()
    NightRun.objects.update(state=RunState.RUNNING)
    NightStep.objects.filter(name="close_day").update(state=RunState.DONE, rows=1)
    NightStep.objects.filter(name="day_facts").update(
        state=RunState.RUNNING, started_at=timezone.now() - timedelta(minutes=10)
    )

    fragment = page(client, "night_runs", **HTMX)
    own = page(client, "night_run", run.pk, **HTMX)

    for text in (fragment, own):
        assert text.strip().startswith('<div class="stack"')
        assert "every 2s" in text
        done = re.search(r'aria-valuenow="(\d+)"', text)
        assert done is not None
        assert abs(int(done[1]) - 100 / len(STEPS)) <= 0.5
        assert f"1 of {len(STEPS)} steps done · {STEPS[1].label}" in text
    assert 'type="submit" disabled' in fragment


def test_a_run_whose_process_died_is_shown_as_interrupted(client: Client, admin: Member) -> None:
    run = begin()
    NightRun.objects.update(state=RunState.RUNNING)
    NightStep.objects.filter(name="day_facts").update(
        state=RunState.RUNNING, started_at=timezone.now() - timedelta(minutes=10)
    )

    text = page(client, "night_run", run.pk)

    assert "Interrupted" in text
    assert "nothing is lost" in text
    assert "every 2s" not in text


def test_the_error_of_a_failed_step_is_shown(client: Client, admin: Member) -> None:
    run = begin()
    NightRun.objects.update(state=RunState.FAILED)
    NightStep.objects.filter(name="day_facts").update(
        state=RunState.FAILED, error="DatabaseError: <disk full>", seconds=Decimal("1.25")
    )

    text = page(client, "night_run", run.pk)

    assert "DatabaseError: &lt;disk full&gt;" in text
    assert "A step failed and changed nothing" in text


def test_run_now_hands_a_run_for_yesterday_to_the_worker(
    client: Client, admin: Member, queued: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("night_run_start"))

    run = NightRun.objects.get()
    assert response["Location"] == reverse("night_run", args=[run.pk])
    assert (run.started_by, run.through_on) == (admin, services.yesterday())
    assert queued == [run.pk]


@pytest.mark.usefixtures("somebody_works")
def test_run_now_is_refused_while_one_works(
    client: Client, admin: Member, queued: list[int]
) -> None:
    response = client.post(reverse("night_run_start"))

    assert response.status_code == 422
    assert "Wait for its end" in response.content.decode()
    assert NightRun.objects.count() == 0
    assert queued == []


def test_a_queue_that_does_not_answer_loses_no_run(
    client: Client,
    admin: Member,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def refuse(_run: int) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.run_step, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("night_run_start"))

    assert response.status_code == 302
    assert services.run_due() == NightRun.objects.get()


def test_the_page_costs_the_same_queries_for_two_runs_and_for_twenty(
    client: Client, admin: Member
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client, "night_runs")
        return len(captured)

    for _ in range(2):
        services.run_finish(run=begin())
    queries()
    few = queries()
    for _ in range(18):
        services.run_finish(run=begin())

    assert queries() == few


def test_older_runs_are_on_the_next_page(client: Client, admin: Member) -> None:
    first = begin()
    for _ in range(25):
        begin()

    response = client.get(reverse("night_runs"))
    cursor = response.context["page"].next_cursor
    older = client.get(reverse("night_runs"), {"page": cursor}).content.decode()

    assert f">Run {first.pk}<" in older
    assert client.get(reverse("night_runs"), {"page": "nonsense"}).status_code == 302
