from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parks", "0005_records_of_spaces")]

    operations = [
        migrations.AddField(
            model_name="watch",
            name="network",
            field=models.CharField("来访网络", max_length=50, blank=True, default=""),
            preserve_default=False,
        ),
    ]
