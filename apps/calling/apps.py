from django.apps import AppConfig


class CallingConfig(AppConfig):
    name = "apps.calling"
