from django.urls import URLPattern, path

from apps.staffing.views import leaving, moves, team_panels

urlpatterns: list[URLPattern] = [
    path("people/<int:pk>/move/", moves.member_move, name="member_move"),
    path("people/<int:pk>/move/cancel/", moves.member_move_cancel, name="member_move_cancel"),
    path("people/<int:pk>/leave/", leaving.member_leave, name="member_leave"),
    path("people/<int:pk>/leave/cancel/", leaving.member_leave_cancel, name="member_leave_cancel"),
    path("people/<int:pk>/departure/", leaving.member_departure, name="member_departure"),
    path("teams/<slug:slug>/signs/", team_panels.team_signs, name="team_signs"),
    path("teams/<slug:slug>/load/", team_panels.team_load_panel, name="team_load"),
    path("teams/<slug:slug>/open-work/", team_panels.team_open_work, name="team_open_work"),
]
