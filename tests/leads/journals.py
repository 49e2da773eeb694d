"""Records, and journals as one process or another sees them."""

from leads import journal
from leads.record import Record


def a_record(same="content", network="203.0.113.7", **content):
    content = {"message": "找厂房"} | content
    return Record.make(content, same=same, network=network, language="zh-hans")


def again(kept):
    """The journal as a process that starts now sees it."""
    return journal.Journal(kept.folder)


def refs(records):
    return [record.reference for record in records]


def files(kept):
    return sorted(path.name for path in kept.folder.glob("*.log"))
