from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_notice")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="unsubscribe",
            field=models.CharField("退订地址", max_length=500, blank=True, default=""),
            preserve_default=False,
        ),
    ]
