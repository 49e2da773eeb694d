
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0004_title_keys_and_last_edit'),
        ('library', '0002_documents_pending_pictures_and_former_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='articles.article')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='library.document')),
            ],
            options={
                'verbose_name': '文中文件',
                'verbose_name_plural': '文中文件',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('article', 'document'), name='articles_attached_once')],
            },
        ),
    ]
