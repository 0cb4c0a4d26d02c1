"""Customers from a file: checked, made, filled in, refused, taken up again after a crash."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry
from apps.customers.keys import keys_refresh
from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChange,
    CustomField,
    DuplicatePair,
    HoldingLimits,
    Note,
    SearchKey,
)
from apps.exchange.customers import services
from apps.exchange.customers.services import (
    import_drop,
    import_match,
    import_start,
    import_upload,
    import_work_off,
    imports_take_up,
)
from apps.exchange.customers.writing import customers_make
from apps.exchange.models import CustomerImport, CustomerImportRow, CustomerImportState
from apps.exchange.refusals import ImportRefused
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN, name="Ada Admin")


@pytest.fixture
def rep() -> Member:
    return make_member(team=make_team(name="East"), name="Mia Petersen", email="mia@example.com")


def bring(text: str, by: Member, known: str = "skip", **more: Any) -> CustomerImport:
    """Upload, match by the headings, check and carry out, as the worker does it."""
    found = import_upload(content=text.encode(), file_name="leads.csv", by=by)
    import_match(
        found=found,
        columns=more.get("columns", found.columns),
        is_mine=more.get("is_mine", False),
        by=by,
    )
    import_work_off(pk=found.pk)
    found.refresh_from_db()
    assert found.state == CustomerImportState.CHECKED, found.error
    import_start(found=found, known=known, by=by)
    import_work_off(pk=found.pk)
    found.refresh_from_db()
    return found


def outcomes(found: CustomerImport) -> list[tuple[int, str]]:
    rows = CustomerImportRow.objects.filter(import_of=found).order_by("line")
    return list(rows.values_list("line", "outcome"))


def reason(found: CustomerImport, line: int) -> str:
    return CustomerImportRow.objects.get(import_of=found, line=line).reason


# ── Before anything is written ───────────────────────────────────────────────────────────────────


def test_who_does_not_import_uploads_nothing(rep: Member) -> None:
    for person in (rep, make_member(AccessRole.DIRECTOR), make_member(AccessRole.HR)):
        with pytest.raises(NotPermitted):
            import_upload(content=b"name\nA\n", file_name="a.csv", by=person)

    assert not CustomerImport.objects.exists()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (["", ""], "Say which column holds"),
        (["region", "industry"], "Say which column holds"),
        (["name", "name"], "Two columns are to be"),
        (["name", "password"], "There is no such choice"),
        (["name"], "There is no such choice"),
    ],
)
def test_columns_that_make_no_sense_are_refused(
    admin: Member, columns: list[str], says: str
) -> None:
    found = import_upload(content=b"name,city\nA,B\n", file_name="a.csv", by=admin)

    with pytest.raises(ImportRefused, match=says):
        import_match(found=found, columns=columns, is_mine=False, by=admin)

    found.refresh_from_db()
    assert found.state == CustomerImportState.UPLOADED


def test_the_check_says_what_would_become_of_each_row_and_writes_nothing(
    admin: Member, rep: Member
) -> None:
    acme = make_customer(owner=rep, name="Acme Logistik GmbH", region="Sachsen")
    keys_refresh([acme.pk])
    text = (
        "company,region,email,employees\n"
        "Acme Logistik,Sachsen,,\n"
        "Bolt,Berlin,info@bolt.example,12\n"
        "Bolt AG,Bayern,info@bolt.example,\n"
        ",,,\n"
        "Core,,nonsense,many\n"
        ",Berlin,,\n"
    )
    found = import_upload(content=text.encode(), file_name="a.csv", by=admin)
    import_match(found=found, columns=found.columns, is_mine=False, by=admin)

    import_work_off(pk=found.pk)

    found.refresh_from_db()
    assert found.checked["counts"] == {"new": 1, "here": 2, "refused": 2}
    assert [row[:1] + row[2:] for row in found.checked["here"]] == [[2, acme.pk], [4, -3]]
    assert found.checked["refused"] == [
        [6, "Core", "employees: “many” is no whole number; email: “nonsense” is no email address"],
        [7, "", "There is no name."],
    ]
    assert Customer.objects.count() == 1


# ── Carried out ──────────────────────────────────────────────────────────────────────────────────


def test_a_row_becomes_a_customer_with_contact_owner_tags_note_and_keys(
    admin: Member, rep: Member
) -> None:
    CustomField.objects.create(key="iso", label="ISO 14001", kind="yes_no")
    text = (
        "Company,Region,Employees,Annual revenue,Website,Owner,Tags,First name,Last name,Phone,"
        "Mobile,Email,Job title,Remarks,ISO 14001\n"
        'Acme Logistik,Sachsen,"1,250","€ 2.500.000,50",acme.example,MIA@example.com,"fair; key",'
        "Eva,Lang,+49 30 901820,+49 170 1234567,eva@acme.example,Buyer,Calls back,yes\n"
    )

    found = bring(text, admin)

    made = Customer.objects.get()
    assert (made.name, made.region, made.employees) == ("Acme Logistik", "Sachsen", 1250)
    assert (str(made.annual_revenue), made.website) == ("2500000.50", "acme.example")
    assert made.custom == {"iso": True}
    assert made.owner == rep
    assert made.held_since is not None
    assert sorted(tag.name for tag in made.tags.all()) == ["fair", "key"]
    contact = Contact.objects.get()
    assert (contact.name, contact.job_title) == ("Eva Lang", "Buyer")
    assert (contact.phone, contact.other_phones) == ("+49 30 901820", ["+49 170 1234567"])
    assert Note.objects.get().text == "Remarks: Calls back"
    assert SearchKey.objects.filter(kind="phone", value="+4930901820", customer=made).exists()
    change = CustomerOwnerChange.objects.get()
    assert (change.kind, change.to_owner, change.by) == ("import", rep, admin)
    assert found.state == CustomerImportState.DONE
    assert found.run is not None
    assert found.run.summary == {
        "customers": {"read": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    }
    assert AuditEntry.objects.get(action="customer.import").rows == [made.pk]
    assert AuditEntry.objects.get(action="import.customers").object_id == found.run.pk


def test_the_file_is_gone_once_it_is_imported(
    admin: Member, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        found = import_upload(content=b"name\nA\n", file_name="a.csv", by=admin)
    stored = found.file
    assert default_storage.exists(stored)
    with django_capture_on_commit_callbacks(execute=True):
        import_match(found=found, columns=["name"], is_mine=False, by=admin)
        import_work_off(pk=found.pk)
        import_start(found=found, known="skip", by=admin)
        import_work_off(pk=found.pk)

    found.refresh_from_db()
    assert found.file == ""
    assert not default_storage.exists(stored)


@pytest.mark.parametrize(
    ("known", "expected", "customers"),
    [
        ("skip", [(2, "skipped"), (3, "new"), (4, "skipped")], 2),
        ("fill", [(2, "filled"), (3, "new"), (4, "filled")], 2),
        ("anyway", [(2, "new"), (3, "new"), (4, "new")], 4),
    ],
)
def test_known_customers_are_skipped_filled_in_or_imported_anyway(
    admin: Member, rep: Member, known: str, expected: list[tuple[int, str]], customers: int
) -> None:
    acme = make_customer(owner=rep, name="Acme", region="Berlin", industry="Retail")
    Contact.objects.create(customer=acme, name="Eva Lang", email="eva@acme.example")
    keys_refresh([acme.pk])
    text = (
        "company,region,industry,source,contact,email\n"
        "Acme Ltd,Hamburg,Food,Fair,Jo Beck,eva@acme.example\n"
        "Bolt,Köln,,,Al,al@bolt.example\n"
        "Bolt,Köln,Steel,,Bo,bo@bolt.example\n"
    )

    found = bring(text, admin, known)

    acme.refresh_from_db()
    assert outcomes(found) == expected
    assert Customer.objects.count() == customers
    assert (acme.name, acme.region, acme.industry) == ("Acme", "Berlin", "Retail")
    assert acme.source == ("Fair" if known == "fill" else "")
    if known == "fill":
        bolt = Customer.objects.get(name="Bolt")
        assert bolt.industry == "Steel"
        assert sorted(bolt.contacts.values_list("name", flat=True)) == ["Al", "Bo"]
        assert acme.contacts.count() == 1
    if known == "anyway":
        assert DuplicatePair.objects.exists()


def test_a_second_time_the_same_file_changes_nothing(admin: Member) -> None:
    text = "company,region,email\nAcme,Berlin,a@acme.example\nBolt,,\n"
    bring(text, admin)

    again = bring(text, admin)

    assert outcomes(again) == [(2, "skipped"), (3, "skipped")]
    assert Customer.objects.count() == 2


def test_a_customer_that_the_importer_does_not_see_is_not_mentioned(rep: Member) -> None:
    hidden = make_customer(owner=rep, name="Acme", region="Berlin")
    keys_refresh([hidden.pk])
    lead = make_member(AccessRole.MANAGER, name="Other lead")
    make_team(lead=lead)

    found = bring("company,region\nAcme,Berlin\n", lead)

    assert found.checked["counts"] == {"new": 1}
    assert outcomes(found) == [(2, "new")]
    assert DuplicatePair.objects.count() == 1


def test_unknown_and_foreign_owners_are_refused_with_their_name(rep: Member) -> None:
    lead = make_member(AccessRole.MANAGER, name="Other lead")
    mate = make_member(team=make_team(lead=lead), name="Moritz Haas")
    text = "company,owner\nA,Nobody\nB,Mia Petersen\nC,moritz haas\n"

    found = bring(text, lead)

    assert outcomes(found) == [(2, "refused"), (3, "refused"), (4, "new")]
    assert "Mia Petersen" in reason(found, 3)
    assert Customer.objects.get().owner == mate


def test_who_holds_enough_gets_no_more_and_the_row_says_so(admin: Member, rep: Member) -> None:
    HoldingLimits.current()
    HoldingLimits.objects.update(held_prospects=2)
    text = "company,owner\n" + "".join(f"Firm {n},Mia Petersen\n" for n in range(4))

    found = bring(text, admin)

    assert Customer.objects.filter(owner=rep).count() == 2
    assert Customer.objects.filter(owner=None).count() == 2
    assert outcomes(found) == [(2, "new"), (3, "new"), (4, "new"), (5, "new")]
    assert [bool(reason(found, line)) for line in (2, 3, 4, 5)] == [False, False, True, True]
    assert reason(found, 4).startswith("In the pool: ")


@pytest.mark.parametrize("is_mine", [True, False])
def test_without_an_owner_a_customer_is_mine_or_in_the_pool(is_mine: bool) -> None:
    lead = make_member(AccessRole.MANAGER)
    make_team(lead=lead)

    bring("company\nAcme\n", lead, is_mine=is_mine)

    assert Customer.objects.get().owner == (lead if is_mine else None)


def test_required_custom_fields_are_asked_for(admin: Member) -> None:
    CustomField.objects.create(
        key="erp", label="ERP", kind="choice", choices=["SAP"], is_required=True
    )

    found = bring("company,ERP\nA,SAP\nB,\nC,Excel\n", admin)

    assert outcomes(found) == [(2, "new"), (3, "refused"), (4, "refused")]
    assert reason(found, 3) == "ERP must be filled in."


def test_refused_rows_come_back_as_a_file_to_mend(client: Client, admin: Member) -> None:
    found = bring('company,email\nA,=x\nB,b@b.example\n"C, Inc",nope\n', admin)
    client.force_login(admin)
    assert found.run is not None

    response = client.get(reverse("import_rejected", args=[found.run.pk]))

    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Line", "Reason", "company", "email"]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [
        ("2", "A", "'=x"),
        ("4", "C, Inc", "nope"),
    ]
    assert found.run.rejected_count == 2


# ── Crashes and doubles ──────────────────────────────────────────────────────────────────────────


def test_a_killed_worker_leaves_whole_batches_and_the_next_goes_on(
    admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    text = "company\n" + "".join(f"Firm {n}\n" for n in range(7))
    found = import_upload(content=text.encode(), file_name="a.csv", by=admin)
    import_match(found=found, columns=["name"], is_mine=False, by=admin)
    import_work_off(pk=found.pk)
    import_start(found=found, known="skip", by=admin)
    calls, whole = [], customers_make

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise SystemExit
        return whole(*args, **kwargs)

    monkeypatch.setattr(services, "customers_make", dies)
    with pytest.raises(SystemExit):
        import_work_off(pk=found.pk)
    found.refresh_from_db()
    assert (found.state, found.done, Customer.objects.count()) == ("applying", 4, 4)

    import_work_off(pk=found.pk)
    import_work_off(pk=found.pk)

    found.refresh_from_db()
    assert (found.state, found.done) == ("done", 7)
    assert sorted(Customer.objects.values_list("name", flat=True)) == [
        f"Firm {n}" for n in range(7)
    ]


def test_a_tick_takes_up_what_a_lost_worker_left(
    admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = import_upload(content=b"name\nA\n", file_name="a.csv", by=admin)
    import_match(found=found, columns=["name"], is_mine=False, by=admin)
    started: list[int] = []
    monkeypatch.setattr(services, "_start_working", started.append)

    assert imports_take_up() == []
    CustomerImport.objects.update(touched_at=timezone.now() - timedelta(minutes=3))
    assert imports_take_up() == started == [found.pk]


def test_a_step_that_has_passed_is_refused(admin: Member) -> None:
    found = bring("company\nA\n", admin)

    for deed in (
        lambda: import_start(found=found, known="skip", by=admin),
        lambda: import_match(found=found, columns=["name"], is_mine=False, by=admin),
        lambda: import_drop(found=found, by=admin),
    ):
        with pytest.raises(DomainError):
            deed()
    assert Customer.objects.count() == 1


def test_whoever_may_not_import_any_more_writes_nothing(admin: Member) -> None:
    found = import_upload(content=b"name\nA\n", file_name="a.csv", by=admin)
    import_match(found=found, columns=["name"], is_mine=False, by=admin)
    import_work_off(pk=found.pk)
    import_start(found=found, known="skip", by=admin)
    Member.objects.filter(pk=admin.pk).update(access_role=AccessRole.REP)

    import_work_off(pk=found.pk)

    found.refresh_from_db()
    assert found.state == CustomerImportState.FAILED
    assert not Customer.objects.exists()


def test_a_batch_costs_the_same_statements_for_two_rows_and_for_twenty(
    admin: Member, rep: Member
) -> None:
    """Five thousand rows take seconds only as long as nothing is asked row by row."""
    counts = []
    for first, rows in ((0, 2), (100, 20)):
        lines = [
            f"Firm {n} GmbH,Region {n},Mia Petersen,Person {n},+49 30 {1000000 + n},p{n}@firm{n}.example,a,b"
            for n in range(first, first + rows)
        ]
        text = "company,region,owner,contact,phone,email,tags,note\n" + "\n".join(lines)
        found = import_upload(content=text.encode(), file_name="a.csv", by=admin)
        import_match(found=found, columns=found.columns, is_mine=False, by=admin)
        import_work_off(pk=found.pk)
        import_start(found=found, known="fill", by=admin)
        counts.append(counted(lambda pk=found.pk: import_work_off(pk=pk)))  # type: ignore[misc]

    assert Customer.objects.filter(owner=rep).count() == 22
    # The first one also makes the tag.
    assert counts[1] <= counts[0]


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────


def test_the_way_through_the_pages(client: Client, admin: Member) -> None:
    client.force_login(admin)
    file = SimpleUploadedFile(
        "leads.csv", "Firma,Ort,Unfug\nAcme,Köln,x\nBolt,,y\n".encode("latin-1")
    )

    matched = client.post(reverse("customer_import"), {"file": file}, follow=True)
    found = CustomerImport.objects.get()
    address = reverse("customer_import_run", args=[found.pk])
    assert matched.redirect_chain == [(address, 302)]
    html = matched.content.decode()
    assert '<option value="name" selected>' in html
    assert "Köln" in html

    sent = {"default": "pool", "column-0": "name", "column-1": "region", "column-2": ""}
    assert client.post(address, {**sent, "column-1": "name"}).status_code == 422
    assert client.post(address, sent).status_code == 302
    assert "being checked" in client.get(address).content.decode()
    import_work_off(pk=found.pk)
    assert "Import" in client.get(address).content.decode()
    client.post(reverse("customer_import_start", args=[found.pk]), {"known": "skip"})
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "0 of 2 rows" in part
    assert "<html" not in part
    import_work_off(pk=found.pk)
    done = client.get(address).content.decode()
    assert "To the customers" in done
    assert "hx-trigger" not in done.split('id="import-part"')[1].split(">")[0]
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Acme", "Bolt"]
    assert client.get(reverse("imports")).status_code == 200
    assert (
        found.run is None
        or client.get(reverse("import_run", args=[found.run.pk])).status_code == 200
    )


def test_what_cannot_be_read_is_refused_at_the_upload(client: Client, admin: Member) -> None:
    client.force_login(admin)

    for content in (b"", b"\xd0\xcf\x11\xe0x", b"name\n"):
        response = client.post(
            reverse("customer_import"), {"file": SimpleUploadedFile("a.csv", content)}
        )
        assert response.status_code == 422
    assert client.post(reverse("customer_import"), {}).status_code == 422
    assert not CustomerImport.objects.exists()


def test_an_import_is_its_importers_and_the_administrators(client: Client, admin: Member) -> None:
    lead, other = make_member(AccessRole.MANAGER), make_member(AccessRole.MANAGER)
    found = import_upload(content=b"name\nA\n", file_name="a.csv", by=lead)
    address = reverse("customer_import_run", args=[found.pk])

    for person, status in ((lead, 200), (other, 404), (admin, 200)):
        client.force_login(person)
        assert client.get(address).status_code == status
    client.force_login(other)
    for name in ("customer_import_start", "customer_import_drop"):
        assert client.post(reverse(name, args=[found.pk]), {"known": "skip"}).status_code == 404


def test_an_upload_is_forgotten_by_its_button(client: Client, admin: Member) -> None:
    found = import_upload(content=b"name\nA\n", file_name="a.csv", by=admin)
    client.force_login(admin)

    client.post(reverse("customer_import_drop", args=[found.pk]))

    assert not CustomerImport.objects.exists()
