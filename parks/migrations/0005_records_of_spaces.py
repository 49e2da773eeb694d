"""A trigger that writes down what state and price a space has from a moment on.

The moment is the row's own ``updated_at`` where the change set one, so that a record and the row
agree; a change that passes it by is dated by the database's clock.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION parks_record_space() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    moment timestamptz := NEW.updated_at;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        moment := clock_timestamp();
    END IF;
    INSERT INTO parks_spacerecord
        (space_id, at, state, rent_cny_m2_day, sale_price_cny_m2, valid_until, available_from)
    VALUES (NEW.id, moment, NEW.state, NEW.rent_cny_m2_day, NEW.sale_price_cny_m2,
            NEW.valid_until, NEW.available_from);
    RETURN NULL;
END $$
"""

ON_INSERT = """
CREATE TRIGGER parks_space_recorded_at_first AFTER INSERT ON parks_space
FOR EACH ROW EXECUTE FUNCTION parks_record_space()
"""

ON_UPDATE = """
CREATE TRIGGER parks_space_recorded_when_changed
AFTER UPDATE OF state, rent_cny_m2_day, sale_price_cny_m2, valid_until, available_from
ON parks_space
FOR EACH ROW WHEN (
    (OLD.state, OLD.rent_cny_m2_day, OLD.sale_price_cny_m2, OLD.valid_until, OLD.available_from)
    IS DISTINCT FROM
    (NEW.state, NEW.rent_cny_m2_day, NEW.sale_price_cny_m2, NEW.valid_until, NEW.available_from)
) EXECUTE FUNCTION parks_record_space()
"""


class Migration(migrations.Migration):
    dependencies = [("parks", "0004_facets_policies_admission_and_watches")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION parks_record_space()"),
        migrations.RunSQL(
            ON_INSERT, "DROP TRIGGER parks_space_recorded_at_first ON parks_space"
        ),
        migrations.RunSQL(
            ON_UPDATE, "DROP TRIGGER parks_space_recorded_when_changed ON parks_space"
        ),
    ]
