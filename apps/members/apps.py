from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "apps.members"

    def ready(self) -> None:
        from apps.members.signing_in import security_log, sessions, sign_in_log  # noqa: PLC0415 - needs the models

        security_log.connect()
        sessions.connect()
        sign_in_log.connect()
