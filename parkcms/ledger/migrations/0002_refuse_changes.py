"""An Act is never changed, and forgotten only through one door."""

from django.db import migrations

GUARD = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND pg_catalog.current_setting('parkcms.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'an act is never changed (%)', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_act_is_kept BEFORE UPDATE OR DELETE ON ledger_act
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();

-- The one door: retention. The setting lasts for this call only.
CREATE FUNCTION ledger_forget(edge timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE gone bigint;
BEGIN
    PERFORM pg_catalog.set_config('parkcms.retention', 'on', true);
    DELETE FROM ledger_act WHERE at < edge;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM pg_catalog.set_config('parkcms.retention', 'off', true);
    RETURN gone;
END $$;
"""
UNGUARD = """
DROP FUNCTION ledger_forget(timestamptz);
DROP TRIGGER ledger_act_is_kept ON ledger_act;
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_act")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
