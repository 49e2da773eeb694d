"""Taggings and mentions carry their article's publish_at, kept by the database itself.

A tag's or a park's page walks its own index from the newest; ``.update()`` and raw SQL are
followed too, which a signal would miss.
"""

from django.db import migrations

KEEP = """
CREATE FUNCTION articles_take_publish_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'articles_tagging' THEN
        SELECT publish_at INTO NEW.publish_at FROM articles_article WHERE id = NEW.content_object_id;
    ELSE
        SELECT publish_at INTO NEW.publish_at FROM articles_article WHERE id = NEW.article_id;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER articles_tagging_takes_publish_at BEFORE INSERT OR UPDATE ON articles_tagging
    FOR EACH ROW EXECUTE FUNCTION articles_take_publish_at();
CREATE TRIGGER articles_mention_takes_publish_at BEFORE INSERT OR UPDATE ON articles_mention
    FOR EACH ROW EXECUTE FUNCTION articles_take_publish_at();

CREATE FUNCTION articles_pass_publish_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE articles_tagging SET publish_at = NEW.publish_at WHERE content_object_id = NEW.id;
    UPDATE articles_mention SET publish_at = NEW.publish_at WHERE article_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER articles_article_passes_publish_at AFTER UPDATE OF publish_at ON articles_article
    FOR EACH ROW WHEN (OLD.publish_at IS DISTINCT FROM NEW.publish_at)
    EXECUTE FUNCTION articles_pass_publish_at();
"""
FORGET = """
DROP TRIGGER articles_article_passes_publish_at ON articles_article;
DROP TRIGGER articles_mention_takes_publish_at ON articles_mention;
DROP TRIGGER articles_tagging_takes_publish_at ON articles_tagging;
DROP FUNCTION articles_pass_publish_at();
DROP FUNCTION articles_take_publish_at();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_articles")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
