"""The list of imports, the result of one, and its rejected rows as a file."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.exchange.models import ImportRun
from apps.members.models import AccessRole, Member
from tests.exchange.folders import make_folder, pipeline_with, run
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def admin() -> Client:
    return signed_in(make_member(AccessRole.ADMIN))


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_result_shows_counts_and_leads_on(admin: Client, tmp_path: Path) -> None:
    number = run(make_folder(tmp_path)).out["import"]

    page = text(admin, reverse("import_run", args=[number]))

    assert "<dt>New opportunities</dt> <dd>5<" in page
    assert "<dt>Without customer</dt> <dd>1<small><span" in page
    assert "<dt>Rejected rows</dt> <dd>0<small></small>" in page
    assert f'href="{reverse("dashboard")}"' in page
    assert f'href="{reverse("opportunities")}?no_customer=1"' in page
    assert "The organisation&#x27;s currency is USD from now on." in page


def test_failed_import_lists_its_rows_and_hands_them_out(admin: Client, tmp_path: Path) -> None:
    number = run(make_folder(tmp_path, pipeline=pipeline_with("4500", "=x"))).out["import"]

    page = text(admin, reverse("import_run", args=[number]))
    file = admin.get(reverse("import_rejected", args=[number]))

    assert "Nothing was written" in page
    assert "not an amount with at most two decimals" in page
    assert "btn btn-primary" not in page
    assert b"".join(file).decode().splitlines()[1:] == [
        "sales_pipeline.csv,2,close_value,'=x,not an amount with at most two decimals"
    ]
    assert file["Content-Disposition"] == f'attachment; filename="import-{number}-rejected.csv"'


def test_refused_file_is_named_on_the_page(admin: Client, tmp_path: Path) -> None:
    number = run(make_folder(tmp_path, accounts=None)).out["import"]

    assert "accounts.csv: there is no such file" in text(
        admin, reverse("import_run", args=[number])
    )
    assert admin.get(reverse("import_rejected", args=[number])).status_code == 404


def test_reasons_are_in_the_language_of_the_reader(tmp_path: Path) -> None:
    number = run(make_folder(tmp_path, pipeline=pipeline_with("4500", "x"))).out["import"]
    reader = make_member(AccessRole.ADMIN, language="zh-hans")

    page = text(signed_in(reader), reverse("import_run", args=[number]))

    assert '<html lang="zh-Hans"' in page


def test_manager_sees_only_own_imports(tmp_path: Path) -> None:
    mine, theirs = make_member(AccessRole.MANAGER), make_member(AccessRole.MANAGER)
    number = run(make_folder(tmp_path), "--by", mine.email).out["import"]

    assert signed_in(mine).get(reverse("import_run", args=[number])).status_code == 200
    assert signed_in(theirs).get(reverse("import_run", args=[number])).status_code == 404
    assert reverse("import_run", args=[number]) in text(signed_in(mine), reverse("imports"))
    assert "No imports yet" in text(signed_in(theirs), reverse("imports"))


def test_server_folder_is_not_shown(admin: Client, tmp_path: Path) -> None:
    run(make_folder(tmp_path))

    assert str(tmp_path.parent) not in text(admin, reverse("imports"))


def test_list_costs_the_same_for_two_imports_as_for_twenty(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    person = make_member(AccessRole.MANAGER)
    ImportRun.objects.create(source="a", by=person)
    admin.get(reverse("imports"))
    with django_assert_max_num_queries(8):
        admin.get(reverse("imports"))
    for number in range(20):
        ImportRun.objects.create(source=f"folder {number}", by=make_member())
    with django_assert_max_num_queries(8):
        page = text(admin, reverse("imports"))

    assert "folder 19" in page


def test_long_list_is_paged(admin: Client) -> None:
    for number in range(30):
        ImportRun.objects.create(source=f"folder-{number:02}")

    first = text(admin, reverse("imports"))

    assert "folder-29" in first
    assert "folder-04" not in first
    assert 'rel="next"' in first
    assert admin.get(reverse("imports"), {"page": "nonsense"}).status_code == 302
