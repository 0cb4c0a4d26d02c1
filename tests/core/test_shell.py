"""The frame around every page: navigation, switches, refusals, and what templates may hold."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.base import VariableDoesNotExist
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone, translation

from apps.core.errors import DomainError, NotPermitted
from apps.core.middleware import DomainErrorMiddleware
from apps.core.models import AuditEntry
from apps.core.navigation import GROUPS, first_address, links_for
from apps.core.templatetags import shell
from apps.core.urls import urlpatterns as core_urls
from apps.members.middleware import MemberLocaleMiddleware
from apps.members.models import AccessRole, Member
from apps.members.roles import RecordKind
from apps.members.urls import urlpatterns as member_urls
from salesteam.urls import urlpatterns as site_urls
from tests.factories import PASSWORD, make_member

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


def refuse(request: HttpRequest) -> HttpResponse:
    raise DomainError("This opportunity is closed already.")


def forbid(request: HttpRequest) -> HttpResponse:
    raise NotPermitted("Only the owner may do this.")


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


# The frame alone, so that these tests don't depend on any other page.
urlpatterns = [
    path("refuse/", refuse),
    path("forbid/", forbid),
    path("clients/", page, name="customers"),
    path("figures/", page, name="dashboard"),
    *[pattern for pattern in site_urls if "allauth" in str(pattern)],
    *[pattern for pattern in member_urls if str(pattern.pattern).startswith("account/")],
    *core_urls,
]


def reader(role: str) -> Member:
    """Somebody whom no database knows and who stands in for nobody."""
    member = Member(access_role=role)
    member.near_absences = []  # type: ignore[attr-defined]
    return member


def signed_in(client: Client, member: Member) -> Client:
    client.force_login(member)
    return client


class TestNavigation:
    pytestmark = pytest.mark.urls(__name__)

    def test_somebody_without_role_has_no_places(self) -> None:
        assert links_for(None, "") == []
        assert first_address(None) is None

    def test_places_without_a_page_are_left_out(self) -> None:
        groups = links_for(reader("admin"), "")

        assert [(g.key, [link.address for link in g.links]) for g in groups] == [
            ("sell", ["/clients/"]),
            ("insight", ["/figures/"]),
        ]

    def test_hr_has_neither_customers_nor_figures(self) -> None:
        assert links_for(reader("hr"), "") == []

    def test_a_rep_has_own_customers_and_figures(self) -> None:
        assert [link.address for g in links_for(reader("rep"), "") for link in g.links] == [
            "/clients/",
            "/figures/",
        ]

    def test_the_current_place_is_marked_on_the_pages_below_it(self) -> None:
        marked = [link for g in links_for(reader("admin"), "customer_detail") for link in g.links]

        assert [(link.address, link.is_current) for link in marked] == [
            ("/clients/", True),
            ("/figures/", False),
        ]

    def test_every_entry_is_for_a_kind_of_record_that_somebody_reads(self) -> None:
        needs = {entry.need for group in GROUPS for entry in group.entries}

        for need in needs:
            assert any(role.reach(RecordKind(need.kind)) >= need.least for role in AccessRole)

    @pytest.mark.parametrize(
        ("role", "address"),
        [("manager", "/figures/"), ("rep", "/figures/"), ("analyst", "/figures/")],
    )
    @pytest.mark.django_db
    def test_home_leads_to_the_first_place_of_the_role(
        self, client: Client, role: str, address: str
    ) -> None:
        response = signed_in(client, make_member(AccessRole(role))).get("/")

        assert (response.status_code, response["Location"]) == (302, address)

    @pytest.mark.django_db
    def test_home_of_a_role_without_places_says_so(self, client: Client) -> None:
        response = signed_in(client, make_member(AccessRole.HR)).get("/")

        assert response.status_code == 200
        assert "Nothing for your role yet" in response.content.decode()

    @pytest.mark.django_db
    def test_a_page_says_its_title_once(self, client: Client) -> None:
        body = signed_in(client, make_member(AccessRole.HR)).get("/").content.decode()

        assert re.search(r"<title>Welcome · SalesTeam</title>", body)
        assert '<h1 class="dup">Welcome</h1>' in body
        assert '<li aria-current="page" class="truncate">Welcome</li>' in body

    @pytest.mark.django_db
    def test_home_asks_strangers_to_sign_in(self, client: Client) -> None:
        response = client.get("/")

        assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/")


@pytest.mark.urls(__name__)
@pytest.mark.django_db
class TestSwitches:
    def test_an_unknown_language_changes_nothing(self, client: Client) -> None:
        member = make_member(language="en")

        response = signed_in(client, member).post("/language/", {"language": "tlh"})

        member.refresh_from_db()
        assert (response.status_code, member.language) == (400, "en")

    def test_a_member_keeps_the_chosen_language(self, client: Client) -> None:
        member = make_member(language="en")

        response = signed_in(client, member).post(
            "/language/", {"language": "zh-hant", "next": "/clients/?q=a"}
        )

        member.refresh_from_db()
        assert member.language == "zh-hant"
        entry = AuditEntry.objects.get(action="member.profile", object_id=member.pk)
        assert entry.changes == {"language": ["en", "zh-hant"]}
        assert (response.status_code, response["Location"]) == (302, "/clients/?q=a")

    def test_a_stranger_reads_the_sign_in_page_in_the_chosen_language(self, client: Client) -> None:
        client.post("/language/", {"language": "zh-hans"})

        response = client.get("/account/login/")

        assert 'lang="zh-Hans"' in response.content.decode()
        assert response["Content-Language"] == "zh-hans"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:1"])
    def test_a_switch_never_leads_to_another_site(self, client: Client, target: str) -> None:
        response = client.post("/theme/", {"theme": "dark", "next": target})

        assert response["Location"] == "/"

    def test_a_switch_is_no_link(self, client: Client) -> None:
        assert client.get("/language/").status_code == 405
        assert client.get("/theme/").status_code == 405

    def test_an_unknown_theme_sets_no_cookie(self, client: Client) -> None:
        response = client.post("/theme/", {"theme": "pink"})

        assert response.status_code == 400
        assert not response.cookies

    @pytest.mark.parametrize(
        ("theme", "printed"),
        [
            ("dark", 'data-theme="dark" data-bs-theme="dark"'),
            ("light", 'data-theme="light" data-bs-theme="light"'),
            ("system", 'data-theme="system" data-bs-theme="light"'),
            ('"><script>', 'data-theme="system" data-bs-theme="light"'),
        ],
    )
    def test_the_page_comes_in_the_chosen_theme(
        self, client: Client, theme: str, printed: str
    ) -> None:
        client.cookies["theme"] = theme

        assert printed in client.get("/account/login/").content.decode()


@pytest.mark.django_db
class TestLocale:
    def seen(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{translation.get_language()} {timezone.get_current_timezone_name()}")

    def ask(self, member: object, **headers: str) -> HttpResponse:
        request = RequestFactory().get("/", headers=headers)
        request.user = member  # type: ignore[assignment]
        return MemberLocaleMiddleware(self.seen)(request)

    def test_a_zone_that_does_not_exist_falls_back_to_utc(self) -> None:
        member = make_member()
        member.time_zone = "Mars/Olympus"

        assert self.ask(member).content == b"en UTC"

    def test_a_member_has_her_own_language_and_zone(self) -> None:
        member = make_member(language="zh-hans", time_zone="Asia/Shanghai")

        response = self.ask(member, accept_language="de")

        assert response.content == b"zh-hans Asia/Shanghai"

    def test_the_next_request_starts_afresh(self) -> None:
        self.ask(make_member(language="zh-hans", time_zone="Asia/Shanghai"))

        assert timezone.get_current_timezone() == ZoneInfo("UTC")
        assert translation.get_language() == "en"

    @pytest.mark.parametrize(
        ("header", "language"),
        [("zh-TW,zh;q=0.8", "zh-hant"), ("zh-CN", "zh-hans"), ("de-DE", "en"), ("", "en")],
    )
    @pytest.mark.urls(__name__)
    def test_a_strangers_browser_chooses(self, client: Client, header: str, language: str) -> None:
        response = client.get("/account/login/", headers={"accept-language": header})

        assert response["Content-Language"] == language
        assert "Accept-Language" in response["Vary"]


@pytest.mark.urls(__name__)
@pytest.mark.django_db
class TestRefusals:
    def test_other_errors_are_not_swallowed(self) -> None:
        middleware = DomainErrorMiddleware(page)

        assert middleware.process_exception(RequestFactory().get("/"), KeyError("x")) is None

    def test_a_refusal_is_a_page_that_says_why(self, client: Client) -> None:
        response = signed_in(client, make_member()).get("/refuse/", headers={"accept": "text/html"})

        assert response.status_code == 422
        body = response.content.decode()
        assert "This opportunity is closed already." in body
        assert "<html" in body

    def test_a_refusal_of_a_fragment_is_a_fragment(self, client: Client) -> None:
        response = client.get("/refuse/", headers={"hx-request": "true", "accept": "*/*"})

        body = response.content.decode()
        assert response.status_code == 422
        assert 'role="alert"' in body
        assert "This opportunity is closed already." in body
        assert "<html" not in body

    def test_a_refusal_of_a_script_is_a_problem_body(self, client: Client) -> None:
        response = client.get("/refuse/", headers={"accept": "application/json"})

        assert response.status_code == 422
        assert response["Content-Type"] == "application/problem+json"
        assert response.json() == {
            "type": "about:blank#DomainError",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "This opportunity is closed already.",
        }

    def test_a_missing_permission_is_403(self, client: Client) -> None:
        assert client.get("/forbid/").status_code == 403

    def test_strangers_and_members_get_a_page_where_nothing_is(self, client: Client) -> None:
        stranger = client.get("/nowhere/")
        member = signed_in(client, make_member()).get("/nowhere/")

        assert (stranger.status_code, member.status_code) == (404, 404)
        assert "There is nothing at this address" in stranger.content.decode()
        assert 'id="sidebar"' not in stranger.content.decode()
        assert 'id="sidebar"' in member.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
class TestSignIn:
    def test_a_wrong_password_is_said_and_the_address_kept(self, client: Client) -> None:
        member = make_member()

        response = client.post("/account/login/", {"login": member.email, "password": "wrong"})

        body = response.content.decode()
        assert 'role="alert"' in body
        assert f'value="{member.email}"' in body
        assert "_auth_user_id" not in client.session

    def test_nobody_signs_up(self, client: Client) -> None:
        fields = {"email": "new@example.com", "password1": PASSWORD}

        response = client.post("/account/signup/", fields)

        assert "Members are invited" in response.content.decode()
        assert not Member.objects.filter(email="new@example.com").exists()

    def test_a_member_signs_in_and_out(self, client: Client) -> None:
        member = make_member()

        client.post("/account/login/", {"login": member.email.upper(), "password": PASSWORD})
        assert client.session["_auth_user_id"] == str(member.pk)

        client.post("/account/logout/")
        assert "_auth_user_id" not in client.session

    def test_a_switched_off_member_stays_outside(self, client: Client) -> None:
        member = make_member()
        Member.objects.filter(pk=member.pk).update(is_active=False)

        client.post("/account/login/", {"login": member.email, "password": PASSWORD})

        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize(
        "address", ["login", "password/reset", "password/reset/done", "signup", "inactive"]
    )
    def test_pages_for_strangers_are_in_our_look(self, client: Client, address: str) -> None:
        response = client.get(f"/account/{address}/")

        assert response.status_code == 200
        assert 'class="auth"' in response.content.decode()

    @pytest.mark.parametrize("address", ["password/change", "reauthenticate", "email"])
    def test_pages_for_members_are_in_the_frame(self, client: Client, address: str) -> None:
        response = signed_in(client, make_member()).get(f"/account/{address}/", follow=True)

        assert response.status_code == 200
        assert "build/app.css" in response.content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
class TestComponentPage:
    def test_only_administrators_find_it(self, client: Client) -> None:
        assert client.get("/components/").status_code == 302
        assert (
            signed_in(client, make_member(AccessRole.DIRECTOR)).get("/components/").status_code
            == 404
        )

    def test_it_shows_every_component(self, client: Client) -> None:
        response = signed_in(client, make_member(AccessRole.ADMIN)).get("/components/")

        assert response.status_code == 200
        source = Path(settings.BASE_DIR, "templates/core/components.html").read_text("utf-8")
        folder = Path(settings.BASE_DIR, "templates/cotton")
        missing = [
            name
            for file in sorted(folder.glob("*.html"))
            if f"<c-{(name := file.stem.replace('_', '-'))}" not in source
        ]
        assert missing == []


class TestTags:
    def test_a_block_that_no_page_has_is_an_error(self) -> None:
        template = Template("{% load shell %}{% again 'title' %}")

        with pytest.raises(VariableDoesNotExist):
            template.render(Context())

    def test_rows_and_cells_of_stacked_tables_keep_their_roles(self) -> None:
        markup = (
            "<thead><tr><th>Name</th></tr></thead>"
            '<tbody class="x"><tr><th scope="row">A</th><td role="presentation">1</td><td>2</td></tr></tbody>'
        )

        assert shell.table_roles(markup) == (
            '<thead role="rowgroup"><tr role="row"><th role="columnheader">Name</th></tr></thead>'
            '<tbody role="rowgroup" class="x"><tr role="row"><th role="rowheader" scope="row">A</th>'
            '<td role="presentation">1</td><td role="cell">2</td></tr></tbody>'
        )

    @pytest.mark.parametrize(
        ("value", "good", "expected"),
        [
            (2, "up", "up"),
            (-2, "up", "down"),
            (-2, "down", "up"),
            (0, "up", "flat"),
            (None, "up", "flat"),
            (2, "none", "flat"),
        ],
    )
    def test_a_change_is_coloured_by_what_is_welcome(
        self, value: int | None, good: str, expected: str
    ) -> None:
        assert shell.tone(shell.direction(value), good) == expected

    def test_a_refused_field_is_marked_and_points_to_its_error(self) -> None:
        class Form(forms.Form):
            name = forms.CharField(help_text="As on the letterhead.")

        html = shell.widget(Form({"name": ""})["name"])

        assert 'class="form-control is-invalid"' in html
        assert 'aria-describedby="id_name_helptext id_name_error"' in html

    def test_a_bare_field_points_to_no_help(self) -> None:
        class Form(forms.Form):
            name = forms.CharField(
                help_text="Help", widget=forms.TextInput(attrs={"placeholder": "Name"})
            )

        html = shell.widget(Form()["name"], bare=True)

        assert "placeholder" not in html
        assert "aria-describedby" not in html


class TestTemplates:
    def test_every_icon_is_in_the_list_that_the_build_reads(self) -> None:
        listed = Path(settings.BASE_DIR, "frontend/icons.txt").read_text("utf-8").split("\n")
        used = {
            name
            for file in TEMPLATES
            for name in re.findall(r"\bicon-([a-z0-9-]+)\b(?![^\s\"]*[{])", file.read_text("utf-8"))
            if name != "lg"
        }
        used |= {entry.icon for group in GROUPS for entry in group.entries}

        assert len(used) > 15
        assert used - set(listed) - {"only"} == set()

    @pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.name))
    def test_nothing_that_the_content_policy_forbids(self, file: Path) -> None:
        # Paper (WeasyPrint) and mail know no content policy.
        if file.name.endswith("_pdf.html") or file.parent.name in {"mail", "email"}:
            return
        source = re.sub(r"{#.*?#}", "", file.read_text("utf-8"), flags=re.DOTALL)

        assert not re.findall(r"<[^>]*\sstyle=", source)
        assert not re.findall(r"<[^>]*\son[a-z]+=\"", source)
        assert "<style" not in source
        for script in re.findall(r"<script([^>]*)>", source):
            assert "src=" in script
            assert "nonce=" in script
