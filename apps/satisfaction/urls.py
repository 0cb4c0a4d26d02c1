"""Pages of surveys, for members and for those who answer."""

from django.urls import URLPattern, path

from apps.satisfaction.views import answering, customer, figures

urlpatterns: list[URLPattern] = [
    path("satisfaction/", figures.satisfaction, name="satisfaction"),
    path("satisfaction/answers/", figures.satisfaction_answers, name="satisfaction_answers"),
    path("satisfaction/export/", figures.satisfaction_export, name="satisfaction_export"),
    path(
        "customers/<int:pk>/satisfaction/",
        customer.customer_satisfaction,
        name="customer_satisfaction",
    ),
    path("satisfaction/<int:pk>/revoke/", customer.survey_revoke_action, name="survey_revoke"),
    path("survey/<str:token>/", answering.survey_answer_page, name="survey_answer"),
]
