from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_people")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [("reset_second_factor", "可以重置别人的两步验证")],
                "verbose_name": "人员",
                "verbose_name_plural": "人员",
            },
        ),
    ]
