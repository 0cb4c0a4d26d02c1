"""Pages of activities and follow-ups."""

from django.urls import URLPattern, path

from apps.activities import views
from apps.activities.outcomes import views as outcomes
from apps.activities.planning import views as planning

urlpatterns: list[URLPattern] = [
    path("customers/<int:pk>/activities/new/", views.activity_new, name="activity_new"),
    path("customers/<int:pk>/next-step/", views.customer_next_step, name="customer_next_step"),
    path("customers/<int:pk>/next-step/new/", views.follow_up_new, name="follow_up_new"),
    path("activities/<int:pk>/", views.activity, name="activity"),
    path("activities/<int:pk>/edit/", views.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/delete/", views.activity_remove, name="activity_delete"),
    path("follow-ups/", planning.follow_ups, name="follow_ups"),
    path("follow-ups/missing/", planning.follow_ups_missing, name="follow_ups_missing"),
    path("follow-ups/<int:pk>/edit/", planning.follow_up_edit, name="follow_up_edit"),
    path("follow-ups/<int:pk>/snooze/", planning.follow_up_snooze, name="follow_up_snooze"),
    path("follow-ups/<int:pk>/reassign/", planning.follow_up_reassign, name="follow_up_reassign"),
    path("follow-ups/<int:pk>/end/", planning.follow_up_end, name="follow_up_end"),
    path("tasks/new/", planning.task_new, name="task_new"),
    path("tasks/<int:pk>/", planning.task, name="task"),
    path("tasks/<int:pk>/edit/", planning.task_edit, name="task_edit"),
    path("tasks/<int:pk>/reassign/", planning.task_reassign, name="task_reassign"),
    path("tasks/<int:pk>/finish/", planning.task_finish, name="task_finish"),
    path("tasks/<int:pk>/reopen/", planning.task_reopen, name="task_reopen"),
    path("tasks/<int:pk>/drop/", planning.task_drop, name="task_drop"),
    path("settings/outcomes/", outcomes.outcome_rules, name="outcome_rules"),
    path("settings/outcomes/<str:outcome>/", outcomes.outcome_rule, name="outcome_rule"),
    path("follow-ups/<int:pk>/drop/", views.follow_up_remove, name="follow_up_drop"),
]
