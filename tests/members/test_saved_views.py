"""Saved views: whose they are, who sees them, what they keep."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.core.errors import NotPermitted
from apps.core.models import AuditEntry
from apps.members.models import AccessRole, ListSetting, Member, SavedView, Sharing, Team
from apps.members.saved_views import services
from apps.members.saved_views.selectors import view_address
from tests.factories import make_customer, make_member, make_team

pytestmark = pytest.mark.django_db


def saved(by: Member, *, name: str = "Mine", sharing: str = Sharing.OWN, team: Team | None = None,
          query: str = "tier=A", columns: tuple[str, ...] = ()) -> SavedView:  # fmt: skip
    return services.saved_view_create(
        page="customers", name=name, sharing=sharing, team=team, query=query, columns=columns, by=by
    )


def tabs(client: Client) -> list[str]:
    html = client.get(reverse("customers"), {"view": "all"}).content.decode()
    bar = re.search(r'class="view-tabs".*?</nav>', html, re.DOTALL)
    assert bar
    found = re.findall(r"<a [^>]*>(.*?)</a>", bar[0], re.DOTALL)
    return [re.sub(r"<span class=\"visually.*?</span>|<[^>]*>", "", one).strip() for one in found][
        2:
    ]


def names(client: Client, address: str) -> list[str]:
    html = client.get(address).content.decode()
    return re.findall(r'class="span"><a href="/customers/\d+/">([^<]*)</a>', html)


@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.MANAGER, AccessRole.ANALYST])
def test_views_for_everyone_are_not_everybody_s_to_save(role: AccessRole) -> None:
    with pytest.raises(NotPermitted):
        saved(make_member(role, team=make_team()), sharing=Sharing.EVERYONE)

    assert not SavedView.objects.exists()


def test_view_is_not_shared_with_a_team_of_others() -> None:
    rep, other = make_member(team=make_team()), make_team()

    with pytest.raises(services.NotYourTeam):
        saved(rep, sharing=Sharing.TEAM, team=other)

    assert not SavedView.objects.exists()


def test_name_is_one_s_own_once(client: Client) -> None:
    rep = make_member(team=make_team())
    saved(rep)
    with pytest.raises(ValidationError, match="You have a view of this name"):
        saved(rep)
    client.force_login(rep)

    answer = client.post(
        reverse("saved_view_new"),
        {"page": "customers", "query": "", "name": "Mine", "sharing": "own"},
    )

    assert answer.status_code == 422
    assert "choose another" in answer.content.decode()
    assert saved(make_member()).pk
    assert SavedView.objects.count() == 2


def test_each_reader_sees_their_own_their_team_s_and_everyone_s(client: Client) -> None:
    lead = make_member(AccessRole.MANAGER)
    parent = make_team(lead=lead)
    team = make_team(parent=parent)
    rep, mate, outsider = (
        make_member(team=team),
        make_member(team=team),
        make_member(team=make_team()),
    )
    saved(rep, name="Own")
    saved(rep, name="Team", sharing=Sharing.TEAM, team=team)
    saved(lead, name="Above", sharing=Sharing.TEAM, team=parent)
    saved(make_member(AccessRole.DIRECTOR), name="All", sharing=Sharing.EVERYONE)

    def seen(member: Member) -> list[str]:
        client.force_login(member)
        return tabs(client)

    assert seen(rep) == ["Own", "Team", "Above", "All"]
    assert seen(mate) == ["Above", "All", "Team"]
    assert seen(lead) == ["Above", "All", "Team"]
    assert seen(outsider) == ["All"]


def test_others_open_a_shared_view_but_only_its_owner_changes_it(client: Client) -> None:
    team = make_team()
    rep, mate = make_member(team=team), make_member(team=team)
    view = saved(rep, sharing=Sharing.TEAM, team=team)
    client.force_login(mate)

    answers = [
        client.get(reverse("saved_view", args=[view.pk])).status_code,
        client.post(reverse("saved_view_update", args=[view.pk]), {"query": "tier=C"}).status_code,
        client.post(reverse("saved_view_delete", args=[view.pk])).status_code,
    ]
    with pytest.raises(NotPermitted):
        services.saved_view_delete(view=view, by=mate)

    view.refresh_from_db()
    assert answers == [404, 404, 404]
    assert view.query == "tier=A"
    assert "Edit view" not in client.get(view_address(view)).content.decode()


def test_administrator_tidies_up_what_everybody_sees_but_nobody_s_own(client: Client) -> None:
    director, admin = make_member(AccessRole.DIRECTOR), make_member(AccessRole.ADMIN)
    shared = saved(director, name="All", sharing=Sharing.EVERYONE)
    own = saved(director, name="Own")
    client.force_login(admin)

    gone = client.post(reverse("saved_view_delete", args=[shared.pk]))
    kept = client.post(reverse("saved_view_delete", args=[own.pk]))

    assert (gone.status_code, kept.status_code) == (302, 404)
    assert list(SavedView.objects.all()) == [own]
    assert AuditEntry.objects.filter(action="savedview.delete", by=admin).count() == 1


def test_view_shows_rows_of_the_reader_alone(client: Client) -> None:
    team = make_team()
    rep, mate = make_member(team=team), make_member(team=team)
    make_customer(name="Acme", owner=rep, tier="A")
    make_customer(name="Bolt", owner=mate, tier="A")
    make_customer(name="Core", owner=rep, tier="B")
    view = saved(rep, sharing=Sharing.TEAM, team=team)

    client.force_login(rep)
    own = names(client, view_address(view))
    client.force_login(mate)
    other = names(client, view_address(view))

    assert (own, other) == (["Acme"], ["Bolt"])


def test_view_that_names_whom_the_reader_does_not_see_has_no_rows_and_no_name(
    client: Client,
) -> None:
    team = make_team()
    rep, mate = make_member(team=team, name="Ada Park"), make_member(team=team)
    make_customer(owner=mate)
    view = saved(rep, sharing=Sharing.TEAM, team=team, query=f"owner={rep.pk}")
    client.force_login(mate)

    answer = client.get(view_address(view))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing here for you" in html
    assert "Ada Park" not in html
    assert client.get(reverse("customers"), {"owner": str(rep.pk)}).status_code == 422


def test_view_keeps_filters_order_and_columns_and_says_when_they_differ(client: Client) -> None:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)
    make_customer(tier="A")
    client.post(
        reverse("saved_view_new"),
        {
            "page": "customers",
            "query": "sort=-name&page=x&tier=A",
            "columns": "region,score",
            "name": " My  A ",
            "sharing": "own",
        },
    )
    view = SavedView.objects.get()
    assert (view.name, view.query, view.columns) == (
        "My A",
        "sort=-name&tier=A",
        ["region", "score"],
    )

    same = client.get(view_address(view)).content.decode()
    other = client.get(view_address(view) + "&region=North").content.decode()
    client.post(
        reverse("saved_view_update", args=[view.pk]), {"query": "region=North", "columns": "region"}
    )

    assert "Save changes" not in same
    assert "Save changes" in other
    view.refresh_from_db()
    assert (view.query, view.columns) == ("region=North", ["region"])


def test_first_view_greets_and_the_list_itself_stays_in_reach(client: Client) -> None:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)
    make_customer(name="Acme", tier="A")
    make_customer(name="Bolt")
    view = saved(director)

    client.post(reverse("saved_view_default"), {"page": "customers", "view": str(view.pk)})
    greeted = client.get(reverse("customers"))
    everything = names(client, reverse("customers") + "?view=all")
    services.saved_view_delete(view=view, by=director)
    after = client.get(reverse("customers"))

    assert (greeted.status_code, greeted["Location"]) == (302, view_address(view))
    assert everything == ["Acme", "Bolt"]
    assert after.status_code == 200
    assert ListSetting.objects.get().default_view is None


def test_view_of_others_greets_nobody(client: Client) -> None:
    view = saved(make_member())
    client.force_login(make_member(team=make_team()))

    answer = client.post(reverse("saved_view_default"), {"page": "customers", "view": str(view.pk)})

    assert answer.status_code == 404
    assert not ListSetting.objects.exists()


def test_columns_within_a_view_go_into_the_address_and_are_not_remembered(client: Client) -> None:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)
    view = saved(director)

    answer = client.post(
        reverse("list_columns"),
        {"page": "customers", "query": f"tier=A&view={view.pk}", "column": ["region"]},
    )

    assert answer["Location"] == f"/customers/?tier=A&view={view.pk}&columns=region"
    assert not ListSetting.objects.exists()
