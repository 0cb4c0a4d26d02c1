from django.urls import URLPattern, path

from apps.staffing.views import team_panels

urlpatterns: list[URLPattern] = [
    path("teams/<slug:slug>/signs/", team_panels.team_signs, name="team_signs"),
    path("teams/<slug:slug>/load/", team_panels.team_load_panel, name="team_load"),
    path("teams/<slug:slug>/open-work/", team_panels.team_open_work, name="team_open_work"),
]
