"""No redirect leads to an address another one leads away from: neither chains nor loops."""

from django.db import migrations

GUARD = """
CREATE FUNCTION addresses_refuse_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM addresses_redirect leads, addresses_redirect leads_away
        WHERE (leads.id = NEW.id OR leads_away.id = NEW.id)
          AND (leads.new_path = leads_away.old_path
               OR (leads_away.is_prefix AND starts_with(leads.new_path, leads_away.old_path)))
    ) THEN
        RAISE EXCEPTION 'redirect % makes a chain', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Looked at when the transaction ends: on the way there, one rename turns many rows.
CREATE CONSTRAINT TRIGGER addresses_redirect_is_no_chain
    AFTER INSERT OR UPDATE ON addresses_redirect DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION addresses_refuse_chain();
"""
UNGUARD = """
DROP TRIGGER addresses_redirect_is_no_chain ON addresses_redirect;
DROP FUNCTION addresses_refuse_chain();
"""


class Migration(migrations.Migration):
    dependencies = [("addresses", "0001_redirects_missing_and_broken_links")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
