from django.apps import AppConfig


class WorkdayConfig(AppConfig):
    name = "apps.workday"
