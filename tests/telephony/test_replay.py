"""Files of calls, played as a phone system would report them."""

import json
from datetime import UTC, datetime, time
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from apps.activities.models import Activity
from apps.core.models import Organisation
from apps.telephony.models import CallEvent, Extension, PhoneCall
from apps.telephony.replay.records import (
    UnreadableRecord,
    asterisk_records,
    in_order,
    sheet_records,
)
from apps.telephony.replay.sending import Refused, send_all, signed
from tests.shared_data import SHARED
from tests.telephony.conftest import customer_with_phone, event, make_office, told

CALLS = SHARED / "calls"
needs_calls = pytest.mark.skipif(
    not CALLS.is_dir(), reason="the data set calls is not beside the checkout"
)
HEAD = [
    "Call Id", "Agent", "Date", "Time", "Topic", "Answered (Y/N)", "Resolved",
    "Speed of answer in seconds", "AvgTalkDuration", "Satisfaction rating",
]  # fmt: skip
ANSWERED = ["ID1", "Greg", "2021-01-01", time(9, 0), "x", "Y", "Y", 10, time(0, 2, 11), 3]
MISSED = ["ID2", "Becky", datetime(2021, 1, 1), time(9, 0, 5), "x", "N", "N", None, None, None]  # noqa: DTZ001
LINE = (
    '"1234","030123","{to}","in","","{channel}","PJSIP/102-9","Dial","","2026-03-02 10:00:00",'
    '"2026-03-02 10:00:04","2026-03-02 10:01:00","60","56","{said}","BILLING"'
)


def test_rows_of_a_sheet_are_calls_that_came_in() -> None:
    first, second = sheet_records([HEAD, ANSWERED, MISSED], UTC)

    assert (first.extension, second.extension) == ("102", "101")
    assert first.from_number.startswith("+493023125")
    assert first.answered_at == datetime(2021, 1, 1, 9, 0, 10, tzinfo=UTC)
    assert first.ended_at == datetime(2021, 1, 1, 9, 2, 21, tzinfo=UTC)
    assert (second.answered_at, second.ended_at) == (None, second.started_at)


def test_events_of_all_calls_come_in_the_order_of_their_time() -> None:
    events = in_order(sheet_records([HEAD, ANSWERED, MISSED], UTC))

    assert [one["event_id"] for one in events] == [
        "ID1-started", "ID2-started", "ID2-ended", "ID1-answered", "ID1-ended",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (LINE.format(to="101", channel="PJSIP/trunk-1", said="ANSWERED"), ("in", "102", True)),
        (LINE.format(to="99", channel="PJSIP/123-1", said="NO ANSWER"), ("out", "123", False)),
    ],
)
def test_a_record_of_an_asterisk_goes_in_or_out(line: str, found: tuple[Any, ...]) -> None:
    (record,) = asterisk_records([line, ""], UTC)

    assert (record.direction, record.extension, record.answered_at is not None) == found


@pytest.mark.parametrize("line", ['"a","b"', LINE.replace("2026-03-02 10:01:00", "later")])
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(UnreadableRecord, match="Line 1 is no call record"):
        asterisk_records([line], UTC)


@pytest.mark.parametrize("rows", [[["a"], [1]], [HEAD, ["ID1", "Greg", "today"]]])
def test_a_sheet_of_something_else_is_refused(rows: Any) -> None:
    with pytest.raises(UnreadableRecord):
        sheet_records(rows, UTC)


def test_pauses_are_kept_at_the_speed_and_too_much_is_sent_again() -> None:
    answers, pauses = iter([201, 429, 200, 201]), list[float]()
    events = [told(event("started")), told(event("answered", 30)), told(event("ended", 90))]
    make = partial(signed, url="http://localhost/", system="office", secret="x")

    counts = send_all(
        events, make=make, speed=10, ask=lambda _asked: (next(answers), ""), sleep=pauses.append
    )

    assert counts == {201: 2, 200: 1}
    assert pauses == [3, 60, 6]


def test_the_first_refusal_ends_it() -> None:
    asked: list[Request] = []

    def refuse(request: Request) -> tuple[int, str]:
        asked.append(request)
        return 401, "wrong"

    make = partial(signed, url="http://localhost/", system="office", secret="x")
    with pytest.raises(Refused, match="started-0: 401 wrong"):
        send_all([told(event("started"))] * 2, make=make, ask=refuse)

    assert len(asked) == 1


def test_other_schemes_are_not_opened() -> None:
    with pytest.raises(ValueError, match="file:"):
        signed({}, url="file:///etc/passwd", system="a", secret="b")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("replay_calls", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(LINE.format(to="101", channel="PJSIP/1-1", said="BUSY"))
    (tmp_path / "a.xlsx").write_text("no workbook")

    for arguments, words in (
        ([str(file)], "Say --system, --url, --secret, or --dry-run"),
        ([str(file), "--zone", "Mars/Crater", "--dry-run"], "Mars/Crater"),
        ([str(tmp_path / "b.csv"), "--dry-run"], "can't be read"),
        ([str(tmp_path / "a.xlsx"), "--dry-run"], "can't be read"),
    ):
        with pytest.raises(CommandError, match=words):
            run(*arguments)


@needs_calls
def test_a_dry_run_prints_the_events_of_the_real_files() -> None:
    sheet = run(str(CALLS / "Call-Center-Dataset.xlsx"), "--dry-run")
    asterisk = run(str(CALLS / "asterisk_cdr_doc_sample.csv"), "--dry-run")

    events = [json.loads(line) for line in sheet.splitlines()]
    assert len({one["call_id"] for one in events}) == 5000
    assert len({one["event_id"] for one in events}) == len(events)
    assert {one["extension"] for one in events} == {str(n) for n in range(101, 109)}
    assert len(asterisk.splitlines()) == 15


@needs_calls
@pytest.mark.django_db(transaction=True)
def test_calls_of_the_real_file_arrive_once(live_server: LiveServer) -> None:
    Organisation.current()
    office = make_office()
    for number in range(103, 109):
        Extension.objects.create(system=office.system, number=str(number), member=office.mei)
    customer_with_phone(office.mei)
    arguments = [
        str(CALLS / "Call-Center-Dataset.xlsx"), "--limit", "40", "--system", "office",
        "--url", f"{live_server.url}/hooks/calls/", "--secret", office.secret,
    ]  # fmt: skip

    first, again = run(*arguments), run(*arguments)

    events = CallEvent.objects.count()
    assert first == f"{events} events were taken, 0 were seen before.\n"
    assert again == f"0 events were taken, {events} were seen before.\n"
    assert PhoneCall.objects.filter(state="ended").count() == 40
    waiting = PhoneCall.objects.in_inbox().count()
    assert waiting + Activity.objects.count() == 40
