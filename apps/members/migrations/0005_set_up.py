"""Installations that somebody administers already, or that show the sample firm, are set up."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def mark(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django's signature
    organisation = apps.get_model("core", "Organisation")
    member = apps.get_model("members", "Member")
    if member.objects.filter(access_role="admin", is_active=True).exists():
        organisation.objects.filter(set_up_at=None).update(set_up_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("core", "0006_export_roles"), ("members", "0004_invitation_batches")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
