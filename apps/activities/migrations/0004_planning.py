"""Next steps that repeat, are snoozed and change hands; tasks."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0003_outcome_rules_and_versions"),
        ("customers", "0007_words_in_capitals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="followup",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="follow_ups",
                to="customers.contact",
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="due_at",
            field=models.TimeField(blank=True, null=True, verbose_name="at"),
        ),
        migrations.AddField(
            model_name="followup",
            name="first_on",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="followup",
            name="follows",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="followed_by",
                to="activities.followup",
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="is_promised",
            field=models.BooleanField(db_default=False, default=False, verbose_name="promised"),
        ),
        migrations.AddField(
            model_name="followup",
            name="repeats",
            field=models.CharField(
                choices=[
                    ("none", "Once"),
                    ("weekly", "Every week"),
                    ("two_weeks", "Every two weeks"),
                    ("monthly", "Every month"),
                    ("quarterly", "Every quarter"),
                    ("yearly", "Every year"),
                ],
                db_default="none",
                default="none",
                max_length=16,
                verbose_name="repeats",
            ),
        ),
        migrations.CreateModel(
            name="FollowUpChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("snoozed", "Snoozed"),
                            ("reassigned", "Reassigned"),
                            ("edited", "Edited"),
                        ],
                        max_length=16,
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField()),
                ("from_at", models.TimeField(null=True)),
                ("to_at", models.TimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("is_sample", models.BooleanField(default=False, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follow_up",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="activities.followup",
                    ),
                ),
                (
                    "from_owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a follow-up",
                "verbose_name_plural": "changes of follow-ups",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["follow_up", "-at", "-id"], name="change_of_follow_up")
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="what")),
                ("note", models.TextField(blank=True, max_length=10000, verbose_name="note")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("due_at", models.TimeField(blank=True, null=True, verbose_name="at")),
                (
                    "origin",
                    models.CharField(
                        choices=[("own", "Own"), ("colleague", "From a colleague")],
                        default="own",
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("dropped", "Dropped")],
                        default="open",
                        max_length=16,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("done_at", models.DateTimeField(editable=False, null=True)),
                ("dropped_at", models.DateTimeField(editable=False, null=True)),
                ("is_sample", models.BooleanField(default=False, editable=False)),
                (
                    "assignee",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["assignee", "due_on", "id"],
                        name="task_by_assignee",
                    ),
                    models.Index(fields=["customer", "due_on", "id"], name="task_of_customer"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("done_at__isnull", False),
                                ("dropped_at__isnull", True),
                                ("state", "done"),
                            ),
                            models.Q(
                                ("done_at__isnull", True),
                                ("dropped_at__isnull", False),
                                ("state", "dropped"),
                            ),
                            models.Q(
                                ("done_at__isnull", True),
                                ("dropped_at__isnull", True),
                                ("state", "open"),
                            ),
                            _connector="OR",
                        ),
                        name="task_state_has_its_instant",
                    )
                ],
            },
        ),
    ]
