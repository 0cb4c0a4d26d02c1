"""Pages of activities and follow-ups."""

from django.urls import URLPattern, path

from apps.activities import views

urlpatterns: list[URLPattern] = [
    path("customers/<int:pk>/activities/new/", views.activity_new, name="activity_new"),
    path("customers/<int:pk>/next-step/", views.customer_next_step, name="customer_next_step"),
    path("customers/<int:pk>/next-step/new/", views.follow_up_new, name="follow_up_new"),
    path("activities/<int:pk>/", views.activity, name="activity"),
    path("activities/<int:pk>/edit/", views.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/delete/", views.activity_remove, name="activity_delete"),
    path("follow-ups/<int:pk>/drop/", views.follow_up_remove, name="follow_up_drop"),
]
