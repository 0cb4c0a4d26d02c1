from django.apps import AppConfig


class OvernightConfig(AppConfig):
    name = "apps.overnight"
