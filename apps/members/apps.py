from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "apps.members"

    def ready(self) -> None:
        from apps.members import sign_in_log  # noqa: PLC0415 - needs the models

        sign_in_log.connect()
