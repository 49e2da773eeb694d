"""The planner's statistics hold samples of what stands in a column, and outlive the rows."""

from django.db import migrations

PERSONAL = {
    "leads_enquiry": (
        "phone_raw", "phone_e164", "phone_extension", "email", "wechat", "contact_name", "company",
        "credit_code", "message", "network", "area_text", "budget_text", "tax_text", "next_step",
        "about_id", "origin_id",
    ),
    "leads_activity": ("text",),
}


def _set(target):
    return "\n".join(
        f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {target};"
        for table, columns in PERSONAL.items()
        for column in columns
    )


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_enquiries")]
    operations = [migrations.RunSQL(_set(0), _set(-1))]
