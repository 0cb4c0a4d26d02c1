"""One's own profile, email and password."""

import re

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry, Organisation, OutgoingMail
from apps.members.models import Member
from apps.members.signing_in.passwords import KnownWordsValidator
from tests.factories import PASSWORD, make_member
from tests.members.totp import sign_in

pytestmark = pytest.mark.django_db
GOOD = {"name": "Ana Ruiz", "language": "zh-hans", "time_zone": "Asia/Shanghai"}


def signed_in(member: Member) -> Client:
    client = Client()
    sign_in(client, member)
    return client


class TestProfile:
    @pytest.mark.parametrize(
        "wrong", [{"name": " "}, {"language": "tlh"}, {"time_zone": "Mars/Base"}]
    )
    def test_nonsense_is_refused_and_nothing_changes(self, wrong: dict[str, str]) -> None:
        member = make_member(name="Before")

        response = signed_in(member).post(reverse("profile"), GOOD | wrong)

        member.refresh_from_db()
        assert response.status_code == 422
        assert (member.name, member.language) == ("Before", "en")

    def test_name_language_and_zone_change_and_stand_in_the_audit_trail(self) -> None:
        member = make_member(name="Before", time_zone="Europe/Berlin")

        response = signed_in(member).post(reverse("profile"), GOOD)

        member.refresh_from_db()
        assert response["Location"] == reverse("profile")
        assert (member.name, member.language, member.time_zone) == tuple(GOOD.values())
        assert AuditEntry.objects.get(action="member.profile").changes == {
            "name": ["Before", "Ana Ruiz"],
            "language": ["en", "zh-hans"],
            "time_zone": ["Europe/Berlin", "Asia/Shanghai"],
        }

    def test_saving_what_is_there_writes_nothing(self) -> None:
        member = make_member(name="Ana Ruiz", time_zone="Asia/Shanghai", language="zh-hans")

        signed_in(member).post(reverse("profile"), GOOD)

        assert not AuditEntry.objects.filter(action="member.profile").exists()

    def test_nobody_gives_themselves_a_role(self) -> None:
        member = make_member()

        signed_in(member).post(reverse("profile"), GOOD | {"access_role": "admin"})

        member.refresh_from_db()
        assert member.access_role == "rep"


class TestEmail:
    def ask(self, client: Client, email: str, password: str = PASSWORD) -> None:
        asked = client.post(reverse("account_email"), {"email": email, "action_add": "1"})
        if asked.status_code == 302 and "reauthenticate" in asked["Location"]:
            next_page = asked["Location"].partition("next=")[2].replace("%2F", "/")
            client.post(asked["Location"], {"password": password, "next": next_page})

    def link(self) -> str:
        text = OutgoingMail.objects.get(purpose="email_confirmation").text
        found = re.search(r"https?://[^/]+(/account/confirm-email/\S+)", text)
        assert found
        return found[1]

    def test_it_needs_the_password_again(self) -> None:
        member = make_member()
        client = signed_in(member)

        self.ask(client, "new@example.com", password="not the password")

        assert not OutgoingMail.objects.filter(purpose="email_confirmation").exists()

    def test_until_the_new_mailbox_confirms_nothing_changes(self) -> None:
        member = make_member(email="old@example.com")

        self.ask(signed_in(member), "new@example.com")

        member.refresh_from_db()
        assert member.email == "old@example.com"
        assert OutgoingMail.objects.get(purpose="email_confirmation").to == "new@example.com"

    def test_the_link_changes_it_and_the_old_mailbox_is_told(self) -> None:
        member = make_member(email="old@example.com")
        client = signed_in(member)
        self.ask(client, "New@Example.com")

        client.post(self.link())

        member.refresh_from_db()
        assert member.email == "new@example.com"
        assert OutgoingMail.objects.get(purpose="email_changed").to == "old@example.com"
        entry = AuditEntry.objects.get(action="member.email_change")
        assert entry.changes == {"email": ["old@example.com", "new@example.com"]}

    def test_anothers_address_is_refused(self) -> None:
        make_member(email="taken@example.com")
        client = signed_in(make_member())

        self.ask(client, "Taken@example.com")

        assert not OutgoingMail.objects.filter(purpose="email_confirmation").exists()

    def test_an_address_that_became_anothers_meanwhile_is_refused(self) -> None:
        member = make_member(email="old@example.com")
        client = signed_in(member)
        self.ask(client, "new@example.com")
        make_member(email="new@example.com")

        response = client.post(self.link())

        member.refresh_from_db()
        assert response.status_code in {200, 302}
        assert member.email == "old@example.com"


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        ["salesteam2026", "SalesTeam!2026", "S4lesTe4m2026", "2026-Nordwind-GmbH", "nordwind12345"],
    )
    def test_a_known_name_with_little_else_is_refused(self, password: str) -> None:
        Organisation.objects.update_or_create(singleton=True, defaults={"name": "Nordwind GmbH"})

        with pytest.raises(ValidationError):
            KnownWordsValidator().validate(password)

    def test_the_name_in_chinese_characters_counts_too(self) -> None:
        Organisation.objects.update_or_create(singleton=True, defaults={"name": "北风"})

        with pytest.raises(ValidationError):
            KnownWordsValidator().validate("北风2026888888")

    @pytest.mark.parametrize(
        "password", ["salesteam walks the dog", "northern-lights-42", "x" * 12]
    )
    def test_other_words_make_it_a_password(self, password: str) -> None:
        KnownWordsValidator().validate(password)

    @pytest.mark.parametrize("password", ["short-1!", "password123", "1q2w3e4r5t", "ana.ruiz.2026"])
    def test_short_common_or_own_names_are_refused(self, password: str) -> None:
        member = make_member(name="Ana Ruiz", email="ana.ruiz@example.com")

        with pytest.raises(ValidationError):
            validate_password(password, member)

    def test_the_page_says_so_in_the_members_language(self) -> None:
        client = signed_in(make_member(language="zh-hans"))
        posted = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}

        response = client.post(reverse("account_change_password"), posted)

        assert "密码" in response.content.decode()
        assert response.context["form"].errors["password1"]
