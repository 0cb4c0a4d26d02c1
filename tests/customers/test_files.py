"""Files: what is filed and what not, how it leaves, and who gets it."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.files.kinds import KINDS, kind_of_content
from apps.customers.files.names import INVISIBLE, clean_name
from apps.customers.files.services import UnfitFile, file_create, file_delete, files_expire
from apps.customers.models import Customer, CustomerFile
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team

PNG = bytes.fromhex("89504E470D0A1A0A0000000D49484452") + bytes(64)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)
ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)


def archive(*names: str, mimetype: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        if mimetype:
            file.writestr("mimetype", mimetype)
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")


def wide(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (PNG, "logo.png", "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(64), "photo.JPG", "image/jpeg"),
        (PDF, "offer.pdf", "application/pdf"),
        (DOCX, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            archive("[Content_Types].xml", "xl/workbook.xml"),
            "a.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
            "a.odt",
            "application/vnd.oasis.opendocument.text",
        ),
        (OLE + wide("WordDocument"), "a.doc", "application/msword"),
        (OLE + wide("Workbook"), "a.xls", "application/vnd.ms-excel"),
        ("Name;Ort\nÄrzte;Köln".encode("latin-1"), "list.csv", "text/csv"),
        ("姓名,城市".encode("gb18030"), "list.csv", "text/csv"),
        (b"BMW dealers, all of them", "bmw.txt", "text/plain"),
        (wide("Wide text"), "x.txt", ""),
        ("\ufeffWide text".encode("utf-16-le"), "x.txt", "text/plain"),
    ],
)
def test_kind_is_found_in_the_content(content: bytes, name: str, content_type: str) -> None:
    kind = kind_of_content(io.BytesIO(content), name)

    assert (kind.content_type if kind else "") == content_type


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (EXE, "photo.jpg"),
        (EXE, "setup.exe"),
        (ELF, "offer.pdf"),
        (b"#!/bin/sh\nrm -rf /", "notes.txt"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "offer.pdf"),
        (b"  \n<HTML><body>", "letter.txt"),
        (b"a;b\n<script src=x></script>", "list.csv"),
        ("\ufeff<script>alert(1)</script>".encode("utf-16-le"), "list.csv"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "logo.svg"),
        (b'<?xml version="1.0"?><svg></svg>', "logo.png"),
        (archive("a.txt"), "all.zip"),
        (archive("a.txt"), "offer.docx"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx"),
        (archive("Basic/x.xml", mimetype="application/vnd.oasis.opendocument.text"), "a.odt"),
        (archive("a", mimetype="application/java-archive"), "a.odt"),
        (b"PK\x03\x04 broken", "a.docx"),
        (OLE, "setup.msi"),
        (OLE + wide("WordDocument") + wide("_VBA_PROJECT"), "a.doc"),
        (b"plain words", "run.bat"),
        (b"plain words", "photo"),
        (b"words\0with nothing", "a.txt"),
        (b"\x00\x01\x02\x03", "a.gif"),
    ],
)
def test_what_could_run_or_is_nothing_known_is_not_filed(content: bytes, name: str) -> None:
    assert kind_of_content(io.BytesIO(content), name) is None


def test_macro_at_the_seam_of_two_pieces_is_found() -> None:
    word = "_VBA_PROJECT".encode("utf-16-le")
    content = OLE + wide("WordDocument")
    content += bytes((1 << 20) - len(content) - 7) + word + bytes(100)

    assert kind_of_content(io.BytesIO(content), "a.doc") is None


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("offer.pdf", "offer.pdf"),
        ("offer\u202efdp.exe", "offerfdp.exe.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\offer.PDF", "offer.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("报价 2026.pdf", "报价 2026.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_name_is_harmless(name: str, clean: str) -> None:
    assert clean_name(name, KINDS["application/pdf"]) == clean


@given(st.text(max_size=400))
def test_any_name_comes_out_short_visible_and_with_its_ending(name: str) -> None:
    import unicodedata  # noqa: PLC0415 - of one case only

    clean = clean_name(name, KINDS["application/pdf"])

    assert 5 <= len(clean) <= 200
    assert clean.endswith(".pdf")
    assert not any(unicodedata.category(one) in INVISIBLE for one in clean)
    assert not re.search(r'[<>:"/\\|?*]', clean)


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def signed_in(member: Member, *, checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(member)
    return client


def stored() -> list[str]:
    try:
        return list(default_storage.listdir("customers")[1])
    except FileNotFoundError:
        return []


@pytest.fixture
def rep(db: None) -> Member:
    for name in stored():
        default_storage.delete(f"customers/{name}")
    return make_member()


def send(client: Client, customer: Customer, *files: SimpleUploadedFile) -> Any:
    return client.post(reverse("file_new", args=[customer.pk]), {"attached": list(files)})


def test_file_is_kept_under_a_random_name_and_comes_back_as_it_was(rep: Member) -> None:
    customer = make_customer(owner=rep)

    response = send(signed_in(rep), customer, upload("logo\u202e.png", PNG), upload("o.pdf", PDF))

    assert response.status_code == 302
    made = CustomerFile.objects.get(name="logo.png")
    assert (made.content_type, made.size, len(made.sha256)) == ("image/png", len(PNG), 64)
    assert re.fullmatch(r"customers/[0-9a-f]{32}", made.file.name or "")
    assert len(stored()) == 2
    down: Any = signed_in(rep).get(reverse("customer_file", args=[made.pk]))
    assert b"".join(down.streaming_content) == PNG
    assert down["Content-Disposition"] == 'attachment; filename="logo.png"'
    assert down["Content-Type"] == "image/png"
    assert down["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in down["Content-Security-Policy"]
    assert AuditEntry.objects.filter(action="customerfile.create", label="").count() == 2


def test_disguised_files_are_refused_with_their_names_and_the_good_one_is_kept(
    rep: Member,
) -> None:
    customer = make_customer(owner=rep)

    response = send(
        signed_in(rep),
        customer,
        upload("virus.png", EXE),
        upload("page.pdf", b"<html>"),
        upload("logo.png", PNG),
        upload("nothing.txt", b""),
    )

    html = response.content.decode()
    assert response.status_code == 422
    for name in ("virus.png", "page.pdf", "nothing.txt"):
        assert f"“{name}”" in html
    assert list(CustomerFile.objects.values_list("name", flat=True)) == ["logo.png"]
    assert len(stored()) == 1


def test_picture_of_fifty_megabytes_is_refused_before_it_is_stored(rep: Member) -> None:
    customer = make_customer(owner=rep)
    huge = upload("huge.png", PNG + bytes(50 << 20))

    response = send(signed_in(rep), customer, huge, upload("logo.png", PNG))

    assert response.status_code == 422
    assert "“huge.png” is larger than 20 MB" in response.content.decode()
    assert list(CustomerFile.objects.values_list("name", flat=True)) == ["logo.png"]
    assert len(stored()) == 1


def test_no_more_than_ten_files_at_a_time(rep: Member) -> None:
    customer = make_customer(owner=rep)

    response = send(signed_in(rep), customer, *(upload(f"{n}.png", PNG) for n in range(12)))

    assert response.status_code == 422
    assert "No more than 10 files" in response.content.decode()
    assert CustomerFile.objects.count() == 10


def test_nothing_chosen_says_so(rep: Member) -> None:
    response = send(signed_in(rep), make_customer(owner=rep))

    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


def test_upload_without_a_token_is_refused(rep: Member) -> None:
    customer = make_customer(owner=rep)

    response = send(signed_in(rep, checks=True), customer, upload("logo.png", PNG))

    assert response.status_code == 403
    assert CustomerFile.objects.count() == 0


def test_who_only_reads_the_customer_files_nothing(rep: Member) -> None:
    pool = make_customer()

    assert send(signed_in(rep), pool, upload("logo.png", PNG)).status_code == 403
    with pytest.raises(NotPermitted):
        file_create(customer=pool, file=upload("logo.png", PNG), by=rep)

    assert stored() == []


def test_refused_file_leaves_nothing_behind(rep: Member) -> None:
    with pytest.raises(UnfitFile):
        file_create(customer=make_customer(owner=rep), file=upload("a.png", EXE), by=rep)

    assert stored() == []


@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.HR, AccessRole.ANALYST])
def test_outsiders_and_those_without_contact_data_download_nothing(
    rep: Member, role: AccessRole
) -> None:
    made = file_create(customer=make_customer(owner=rep), file=upload("a.png", PNG), by=rep)
    other = make_member(role, team=make_team())

    response = signed_in(other).get(reverse("customer_file", args=[made.pk]))

    assert response.status_code == 404


def test_deleted_file_is_gone_for_everybody_and_its_content_a_month_later(rep: Member) -> None:
    made = file_create(customer=make_customer(owner=rep), file=upload("a.png", PNG), by=rep)
    file_delete(file=made, by=rep)

    assert signed_in(rep).get(reverse("customer_file", args=[made.pk])).status_code == 404
    today = Organisation.current().today()
    assert files_expire(as_of=today + timedelta(days=29)) == 0
    assert len(stored()) == 1
    assert files_expire(as_of=today + timedelta(days=32)) == 1
    assert files_expire(as_of=today + timedelta(days=32)) == 0
    assert stored() == []


def test_file_of_somebody_else_is_deleted_by_who_leads(rep: Member) -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    first, second = make_member(team=team), make_member(team=team)
    customer = make_customer(owner=first)
    made = file_create(customer=customer, file=upload("a.png", PNG), by=first)
    Customer.objects.filter(pk=customer.pk).update(owner=second)

    with pytest.raises(NotPermitted):
        file_delete(file=made, by=second)
    file_delete(file=made, by=lead)

    made.refresh_from_db()
    assert made.deleted_at is not None
    assert made.deleted_at <= timezone.now()


def test_file_without_its_content_is_not_found(rep: Member) -> None:
    made = file_create(customer=make_customer(owner=rep), file=upload("a.png", PNG), by=rep)
    default_storage.delete(made.file.name or "")

    assert signed_in(rep).get(reverse("customer_file", args=[made.pk])).status_code == 404
