"""bin/backup and bin/restore as commands, and scripts that say what a site holds."""

import json
import subprocess
import sys

from faults import ROOT, environment

# Every table's rows as text, and where its sequences stand.
ROWS = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = {}
    for (name,) in sorted(cursor.fetchall()):
        cursor.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1')
        rows[name] = [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
    print(json.dumps({"tables": rows, "sequences": dict(cursor.fetchall())}))
"""
# Three enquiries in the journal, of which one is filed.
JOURNAL = """
import json
from leads import filing, journal
from leads.record import Record
from leads.references import new_token
said = []
for number in range(3):
    content = {"contact_name": "测试", "phone_raw": "138 0013 8000", "message": f"第 {number} 份"}
    record = Record.make(content, same=new_token(), network="", language="zh-hans")
    journal.append(record)
    said.append(record.reference)
    if number == 0:
        filing.file(record, was_told=True)
        journal.settle(record.reference)
print(json.dumps(said))
"""
TOKENS = """
import json
from leads.models import Enquiry
print(json.dumps(sorted(Enquiry.objects.values_list("token", flat=True))))
"""
# Keeps a table from everybody until it is killed.
HOLDER = """
import sys, time
from django.db import connection, transaction
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("LOCK TABLE articles_article IN ACCESS EXCLUSIVE MODE")
    sys.stdout.write("held" + chr(10))
    sys.stdout.flush()
    time.sleep(120)
"""


def run(*command, var=None, code=0, **more):
    """Runs a command of ours on a data folder; what it said."""
    where = {"PARKCMS_VAR": str(var)} if var else {}
    done = subprocess.run(
        command,
        env=environment(**where, **more),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def manage(*words, **more):
    return run(sys.executable, ROOT / "manage.py", *words, **more)


def asked(script, **more):
    return json.loads(manage("shell", "--no-imports", "-v", "0", "-c", script, **more))


def backup(*words, **more):
    return run(ROOT / "bin/backup", *map(str, words), **more)


def restore(*words, **more):
    return run(ROOT / "bin/restore", *map(str, words), **more)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
