from django.db import migrations

PURPOSE = "weekly_report"
# Such a mail was cut off by the upgrade: nobody knows whether it arrived.
CUT_OFF = {"sending": "unconfirmed"}
SAME = ("message_id", "tries", "next_try_at", "claimed_at", "error", "sent_at")


def into_the_outbox(apps, schema_editor):
    """Each delivery's state becomes that of a mail without words.

    Words are written again from the edition if somebody has the mail sent again. What waits has
    surely not gone out: it stays without a mail, so that the worker writes and sends it.
    """
    Delivery = apps.get_model("reports", "Delivery")
    OutgoingMail = apps.get_model("core", "OutgoingMail")
    rows = Delivery.objects.exclude(state="waiting").select_related("edition__team", "member")
    for delivery in rows.order_by("pk").iterator(chunk_size=500):
        edition = delivery.edition
        week = f"{edition.iso_year}-W{edition.iso_week:02d}"
        delivery.mail = OutgoingMail.objects.create(
            to=delivery.member.email,
            purpose=PURPOSE,
            language=edition.language,
            subject=f"Weekly report {edition.team.name}, {week}"[:300],
            headers={},
            attachment=edition.pdf.name,
            attachment_name=f"weekly-report-{edition.team.slug}-{week}.pdf",
            attachment_type="application/pdf",
            is_sample=edition.is_sample or delivery.member.is_sample,
            state=CUT_OFF.get(delivery.state, delivery.state),
            created_at=edition.created_at,
            **{name: getattr(delivery, name) for name in SAME},
        )
        delivery.save(update_fields=["mail"])


def out_of_the_outbox(apps, schema_editor):
    """Deliveries take their state back; one without a mail is in line again."""
    Delivery = apps.get_model("reports", "Delivery")
    OutgoingMail = apps.get_model("core", "OutgoingMail")
    for delivery in Delivery.objects.select_related("mail").order_by("pk"):
        mail = delivery.mail
        delivery.message_id = mail.message_id if mail else f"<delivery-{delivery.pk}@localhost>"
        if mail:
            delivery.state = mail.state
            for name in SAME:
                setattr(delivery, name, getattr(mail, name))
        delivery.mail = None
        delivery.save()
    OutgoingMail.objects.filter(purpose=PURPOSE).delete()


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_delivery_mail")]

    operations = [migrations.RunPython(into_the_outbox, out_of_the_outbox)]
