"""Two-step sign-in: setting it up, signing in with it, having to have it, and its reset."""

from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry, Organisation, OutgoingMail
from apps.members.models import AccessRole, Member
from apps.members.signing_in.two_step import NoFactor, two_step_reset
from tests.factories import PASSWORD, make_member, make_team
from tests.members.totp import code_of, read_codes, set_up_app, sign_in

pytestmark = pytest.mark.django_db
SET_UP = "/account/security/two-step/"


def require_two_steps(*roles: AccessRole) -> None:
    Organisation.objects.update_or_create(
        singleton=True, defaults={"two_step_roles": [role.value for role in roles]}
    )


def signed_in(member: Member) -> Client:
    client = Client()
    sign_in(client, member)
    return client


def kinds(member: Member) -> list[str]:
    rows = Authenticator.objects.filter(user=member).order_by("type")
    return list(rows.values_list("type", flat=True))


class TestSettingUp:
    def test_a_wrong_code_turns_nothing_on(self) -> None:
        member = make_member()
        client = signed_in(member)
        client.get(reverse("mfa_activate_totp"))

        response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

        assert response.status_code == 422
        assert "This code is not right" in response.content.decode()
        assert kinds(member) == []

    def test_the_page_shows_picture_and_secret(self) -> None:
        client = signed_in(make_member())

        html = client.get(reverse("mfa_activate_totp")).content.decode()

        assert 'src="data:image/svg+xml;base64,' in html
        assert client.session["mfa.totp.secret"] in html

    def test_the_right_code_turns_it_on_and_shows_ten_recovery_codes_once(self) -> None:
        member = make_member()
        client = signed_in(member)

        set_up_app(client)
        codes = read_codes(client)
        again = client.get(reverse("mfa_view_recovery_codes"))

        assert kinds(member) == ["recovery_codes", "totp"]
        assert len(set(codes)) == 10
        assert not any(code in again.content.decode() for code in codes)
        assert "10 of your recovery codes are unused" in again.content.decode()

    def test_secrets_are_not_readable_in_the_database(self) -> None:
        member = make_member()
        secret = set_up_app(signed_in(member))

        stored = str(list(Authenticator.objects.filter(user=member).values_list("data", flat=True)))

        assert secret not in stored
        assert stored.count("gAAAA") == 2

    def test_somebody_who_signed_in_long_ago_confirms_it_first(self) -> None:
        client = signed_in(make_member())

        with time_machine.travel(timedelta(minutes=6) + _now(), tick=False):
            response = client.get(reverse("mfa_activate_totp"))

        assert response["Location"].startswith(reverse("account_reauthenticate"))


class TestSigningIn:
    def test_the_password_alone_is_not_enough(self) -> None:
        member = make_member()
        set_up_app(signed_in(member))
        client = Client()

        assert sign_in(client, member) == reverse("mfa_authenticate")
        assert client.get("/account/profile/").status_code == 302

    def test_a_wrong_code_lets_nobody_in(self) -> None:
        member = make_member()
        set_up_app(signed_in(member))
        client = signed_in(member)

        response = client.post(reverse("mfa_authenticate"), {"code": "000000"})

        assert response.status_code == 422
        assert client.get("/account/profile/").status_code == 302

    def test_the_code_of_the_app_leads_to_the_page_that_was_asked_for(self) -> None:
        member = make_member()
        secret = set_up_app(signed_in(member))
        client = Client()
        sign_in(client, member, next="/account/tokens/")

        response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

        assert response["Location"] == "/account/tokens/"
        assert client.get("/account/profile/").status_code == 200

    def test_a_code_works_once(self) -> None:
        member = make_member()
        secret = set_up_app(signed_in(member))
        code = code_of(secret)
        signed_in(member).post(reverse("mfa_authenticate"), {"code": code})
        client = signed_in(member)

        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 422

    def test_a_recovery_code_works_once(self) -> None:
        member = make_member()
        first = signed_in(member)
        set_up_app(first)
        code = read_codes(first)[0]

        answers = [
            signed_in(member).post(reverse("mfa_authenticate"), {"code": code}).status_code
            for _try in range(2)
        ]

        assert answers == [302, 422]

    def test_the_session_has_another_key_after_signing_in(self) -> None:
        client = Client()
        session = client.session
        session["planted"] = "x"
        session.save()
        before = session.session_key

        sign_in(client, make_member())

        assert client.session.session_key != before


class TestRequired:
    def test_everything_else_is_closed_until_it_is_done(self) -> None:
        require_two_steps(AccessRole.REP)
        client = signed_in(make_member())

        for address in ("/", "/account/profile/", "/account/tokens/", "/account/email/"):
            assert client.get(address)["Location"] == SET_UP
        assert client.post("/account/tokens/", {"name": "x"})["Location"] == SET_UP
        assert client.get(SET_UP).status_code == 200
        assert client.post("/language/", {"language": "en"}).status_code == 302
        assert client.post("/account/logout/")["Location"] == "/account/login/"

    def test_a_part_of_a_page_leads_the_whole_page_there(self) -> None:
        require_two_steps(AccessRole.REP)
        client = signed_in(make_member())

        response = client.get("/account/profile/", headers={"HX-Request": "true"})

        assert (response.status_code, response["HX-Redirect"]) == (204, SET_UP)

    def test_it_opens_again_with_the_recovery_codes_first(self) -> None:
        require_two_steps(AccessRole.REP)
        client = signed_in(make_member())
        client.get("/account/tokens/")
        client.get(reverse("mfa_activate_totp"))
        code = code_of(client.session["mfa.totp.secret"])

        done = client.post(reverse("mfa_activate_totp"), {"code": code})
        page = client.get(done["Location"]).content.decode()

        assert done["Location"] == reverse("mfa_view_recovery_codes")
        assert 'href="/account/tokens/">I have saved them' in page
        assert client.get("/account/tokens/").status_code == 200

    def test_other_roles_go_on(self) -> None:
        require_two_steps(AccessRole.ADMIN)

        assert signed_in(make_member()).get("/account/profile/").status_code == 200

    @pytest.mark.parametrize(("trusted", "status"), [(True, 200), (False, 302)])
    def test_single_sign_on_counts_only_where_the_firm_says_so(
        self, settings: Settings, trusted: bool, status: int
    ) -> None:
        settings.OIDC_IS_TWO_STEP = trusted
        require_two_steps(AccessRole.REP)
        client = signed_in(make_member())
        session = client.session
        session["account_authentication_methods"] = [{"method": "socialaccount", "at": 0}]
        session.save()

        assert client.get("/account/profile/").status_code == status

    def test_the_last_factor_stays(self) -> None:
        member = make_member()
        client = signed_in(member)
        set_up_app(client)
        require_two_steps(AccessRole.REP)

        page = client.get(reverse("mfa_deactivate_totp")).content.decode()
        response = client.post(reverse("mfa_deactivate_totp"))

        assert "this is your last second step" in page
        assert response.status_code == 422
        assert "totp" in kinds(member)

    def test_the_last_passkey_stays(self) -> None:
        member = make_member()
        client = signed_in(member)
        key = make_passkey(member)
        require_two_steps(AccessRole.REP)

        response = client.post(reverse("mfa_remove_webauthn", args=[key.pk]))

        assert response.status_code == 422
        assert kinds(member) == ["webauthn"]

    def test_one_of_two_may_go(self) -> None:
        member = make_member()
        client = signed_in(member)
        set_up_app(client)
        key = make_passkey(member)
        require_two_steps(AccessRole.REP)

        client.post(reverse("mfa_remove_webauthn", args=[key.pk]))

        assert kinds(member) == ["recovery_codes", "totp"]

    def test_nobody_removes_or_renames_anothers_passkey(self) -> None:
        key = make_passkey(make_member())
        client = signed_in(make_member())

        for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
            assert client.post(reverse(name, args=[key.pk]), {"name": "x"}).status_code == 404
        key.refresh_from_db()
        assert key.data["name"] == "Laptop"


class TestReset:
    def test_a_manager_may_not_and_nothing_changes(self) -> None:
        manager = make_member(AccessRole.MANAGER)
        member = make_member(team=make_team(lead=manager))
        set_up_app(signed_in(member))

        with pytest.raises(NotPermitted):
            two_step_reset(member=member, by=manager)

        assert kinds(member) == ["recovery_codes", "totp"]

    def test_an_administrator_does_not_skip_their_own_password(self) -> None:
        admin = make_member(AccessRole.ADMIN)
        set_up_app(signed_in(admin))

        with pytest.raises(NotPermitted):
            two_step_reset(member=admin, by=admin)

        assert "totp" in kinds(admin)

    def test_there_has_to_be_something_to_reset(self) -> None:
        with pytest.raises(NoFactor):
            two_step_reset(member=make_member(), by=make_member(AccessRole.ADMIN))

    def test_it_takes_all_factors_ends_all_sessions_and_is_told_and_written_down(self) -> None:
        admin, member = make_member(AccessRole.ADMIN), make_member(language="zh-hans")
        theirs = signed_in(member)
        set_up_app(theirs)
        make_passkey(member)
        client = signed_in(admin)

        response = client.post(reverse("two_step_reset", args=[member.pk]), {"next": "/imports/"})

        assert response["Location"] == "/imports/"
        assert kinds(member) == []
        assert theirs.get("/account/profile/").status_code == 302
        entry = AuditEntry.objects.get(action="member.two_step_reset")
        assert (entry.by, entry.object_id) == (admin, member.pk)
        assert entry.details["factors"] == ["recovery_codes", "totp", "webauthn"]
        mail = OutgoingMail.objects.get(purpose="two_step_reset")
        assert (mail.to, mail.language) == (member.email, "zh-hans")
        assert admin.name in mail.text

    def test_an_administrator_who_signed_in_long_ago_confirms_it(self) -> None:
        client, member = signed_in(make_member(AccessRole.ADMIN)), make_member()
        set_up_app(signed_in(member))
        address = reverse("two_step_reset", args=[member.pk])

        with time_machine.travel(timedelta(minutes=6) + _now(), tick=False):
            asked = client.post(address)
            still = kinds(member)
            client.post(asked["Location"], {"password": PASSWORD, "next": address})

        assert asked["Location"].startswith(reverse("account_reauthenticate"))
        assert still == ["recovery_codes", "totp"]
        assert kinds(member) == []


def make_passkey(member: Member) -> Authenticator:
    data = {"name": "Laptop", "credential": {}}
    return Authenticator.objects.create(user=member, type=Authenticator.Type.WEBAUTHN, data=data)


def _now() -> datetime:
    return timezone.now()
