"""What the journal holds: an enquiry is on the disk before it is answered, and never twice."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journals import a_record, again, files, refs

from leads import journal, segments
from leads.lines import line_of, parts_of
from leads.record import Record

# --- kept ---------------------------------------------------------------------------------------


def test_a_record_is_there_for_the_next_process(kept):
    record = a_record(message="一千平\n两千平")
    said = kept.append(record)

    assert (said.reference, said.token, said.is_repeat) == (record.reference, record.token, False)
    assert refs(again(kept).unsettled()) == refs([record])
    assert again(kept).find(record.token) == record


def test_the_record_is_synced_before_append_returns(kept, monkeypatch):
    synced, fsync = [], os.fsync

    def noted(descriptor):
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    kept.append(a_record())
    assert synced == [str(kept.folder), str(next(kept.folder.glob("*.log")))]


def test_nobody_else_may_read_it(kept):
    old = os.umask(0)
    try:
        kept.append(a_record())
        kept.settle("AAAAA-AAAAA")
    finally:
        os.umask(old)
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in kept.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # lock, recent, one segment


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(text):
    record = a_record(message=text)
    line = line_of("A", record.reference, record.token, record.to_json())
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert Record.from_json(parts_of(line)[4]) == record


@given(place=st.integers(0), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(place, change):
    record = a_record()
    line = bytearray(line_of("A", record.reference, record.token, record.to_json()))
    line[place % (len(line) - 1)] ^= change
    found = parts_of(bytes(line))
    # Upper and lower case of the checksum's own digits say the same.
    assert found is None or found[4] == record.to_json()


# --- settled ------------------------------------------------------------------------------------


def test_what_is_settled_is_not_replayed(kept):
    first, second = a_record("a"), a_record("b")
    kept.append(first)
    kept.append(second)
    assert kept.settle(first.reference)

    assert refs(again(kept).unsettled()) == refs([second])
    assert again(kept).find(first.token) is None
    assert not kept.settle(first.reference)


def test_a_full_segment_goes_with_its_last_record(kept, monkeypatch):
    monkeypatch.setattr(segments, "LARGE", 600)
    records = [a_record(str(n)) for n in range(5)]
    for record in records:
        kept.append(record)
    assert len(files(kept)) > 1
    for record in records:
        kept.settle(record.reference)
    kept.sweep()
    assert files(kept) == []


def test_a_segment_with_an_unsettled_record_stays(kept, monkeypatch):
    monkeypatch.setattr(segments, "LARGE", 1)
    first, second = a_record("a"), a_record("b")
    kept.append(first)
    kept.append(second)
    kept.settle(second.reference)
    kept.sweep()
    assert refs(again(kept).unsettled()) == refs([first])


def test_another_process_settles_what_this_one_wrote(kept):
    record = a_record()
    kept.append(record)
    other = again(kept)
    assert other.settle(record.reference)
    other.sweep()
    assert files(kept) == []
    kept.append(second := a_record("b"))
    assert refs(other.unsettled()) == refs([second])


def test_only_old_records_are_replayed_when_asked_so(kept, time_machine_now):
    kept.append(old := a_record("a"))
    time_machine_now.shift(10)
    kept.append(a_record("b"))
    assert refs(kept.unsettled(older_than=5)) == refs([old])


# --- damaged ------------------------------------------------------------------------------------


def test_a_torn_last_line_is_cut_off_and_the_next_record_is_whole(kept):
    kept.append(first := a_record("a"))
    torn = line_of("A", "BBBBB-BBBBB", "u" * 32, a_record("x").to_json())[:-9]
    path = next(kept.folder.glob("*.log"))
    with path.open("ab") as file:
        file.write(torn)

    started = again(kept)
    assert refs(started.unsettled()) == refs([first])
    started.append(second := a_record("b"))
    assert refs(again(kept).unsettled()) == refs([first, second])
    assert again(kept).trouble() == ""


@given(cut=st.integers(1, 400))
def test_a_segment_cut_anywhere_loses_no_whole_line(tmp_path_factory, cut):
    kept = journal.Journal(tmp_path_factory.mktemp("cut") / "journal")
    records = [a_record(str(n)) for n in range(3)]
    for record in records:
        kept.append(record)
    path = next(kept.folder.glob("*.log"))
    data = path.read_bytes()
    path.write_bytes(data[:-cut])
    whole = data[:-cut].count(b"\n")
    assert refs(again(kept).unsettled()) == refs(records[:whole])
    again(kept).append(later := a_record("later"))
    assert refs(again(kept).unsettled()) == refs([*records[:whole], later])


def test_a_line_the_disk_spoilt_is_put_aside_and_told(kept):
    kept.append(first := a_record("a"))
    kept.append(second := a_record("b"))
    path = next(kept.folder.glob("*.log"))
    data = path.read_bytes()
    path.write_bytes(data.replace(first.token.encode(), b"!" * 32))

    assert refs(again(kept).unsettled()) == refs([second])
    assert "读不出" in again(kept).trouble()
    assert (kept.folder / "unreadable").read_bytes().count(b"\n") == 1
    assert stat.S_IMODE((kept.folder / "unreadable").stat().st_mode) == 0o600


def test_a_full_disk_leaves_nothing_half_written(kept, monkeypatch):
    kept.append(first := a_record("a"))
    write = os.write

    def full(descriptor, data):
        if b"A " in bytes(data[:2]):
            write(descriptor, bytes(data)[:20])
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(journal.Unwritable):
        kept.append(a_record("b"))
    monkeypatch.setattr(os, "write", write)

    kept.append(third := a_record("c"))
    assert refs(again(kept).unsettled()) == refs([first, third])


def test_what_could_not_be_synced_is_not_called_kept_nor_a_repeat(kept, monkeypatch):
    kept.append(a_record("a"))
    fsync = os.fsync

    def broken(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(journal.Unwritable):
        kept.append(a_record("b"))
    monkeypatch.setattr(os, "fsync", fsync)
    said = again(kept).append(second := a_record("b"))
    assert (said.is_repeat, said.reference) == (False, second.reference)


def test_a_folder_that_can_not_be_made_is_trouble(tmp_path):
    (tmp_path / "file").write_text("")
    kept = journal.Journal(tmp_path / "file" / "journal")
    with pytest.raises(journal.Unwritable):
        kept.append(a_record())
    assert kept.trouble().startswith("需求日志现在写不进去")
    assert kept.unsettled() == []


def test_a_removed_folder_is_made_again(kept):
    kept.append(a_record("a"))
    for path in kept.folder.iterdir():
        path.unlink()
    kept.folder.rmdir()
    kept.append(second := a_record("b"))
    assert refs(again(kept).unsettled()) == refs([second])


# --- the same again -----------------------------------------------------------------------------


def test_the_same_content_gets_the_same_receipt_in_every_process(kept):
    first = kept.append(a_record("same"))
    for one in (kept, again(kept)):
        said = one.append(a_record("same"))
        assert (said.reference, said.token, said.is_repeat) == (first.reference, first.token, True)
    assert len(again(kept).unsettled()) == 1


def test_a_repeat_is_known_after_it_was_settled_and_its_segment_is_gone(kept):
    first = kept.append(a_record("same"))
    kept.settle(first.reference)
    kept.sweep()
    assert again(kept).append(a_record("same")).reference == first.reference


def test_after_a_quarter_of_an_hour_it_is_a_new_enquiry(kept, time_machine_now):
    first = kept.append(a_record("same"))
    time_machine_now.shift(15 * 60 - 1)
    assert kept.append(a_record("same")).is_repeat
    time_machine_now.shift(2)
    assert kept.append(a_record("same")).reference != first.reference
    assert not again(kept).append(a_record("other")).is_repeat


def test_two_hundred_at_once_are_one(kept):
    others = [again(kept) for _ in range(4)]
    with ThreadPoolExecutor(16) as threads:
        said = list(threads.map(lambda n: others[n % 4].append(a_record("same")), range(200)))
    assert len({one.reference for one in said}) == 1
    assert [one.is_repeat for one in said].count(False) == 1
    assert len(again(kept).unsettled()) == 1


def test_many_different_at_once_are_all_kept(kept):
    others = [again(kept) for _ in range(4)]
    records = [a_record(str(n)) for n in range(200)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda n: others[n % 4].append(records[n]), range(200)))
    found = again(kept).unsettled()
    assert sorted(one.reference for one in found) == sorted(one.reference for one in records)


# --- limits -------------------------------------------------------------------------------------


def test_above_the_limit_new_contents_are_refused_and_repeats_are_not(kept, time_machine_now):
    first = kept.append(a_record("0"), limit=3)
    kept.append(a_record("1"), limit=3)
    again(kept).append(a_record("2"), limit=3)
    with pytest.raises(journal.TooMany):
        kept.append(a_record("3"), limit=3)
    assert kept.append(a_record("0"), limit=3).reference == first.reference
    assert not kept.append(a_record("4", network="203.0.113.8"), limit=3).is_repeat
    time_machine_now.shift(61)
    assert not kept.append(a_record("3"), limit=3).is_repeat


def test_no_limit_is_no_limit(kept):
    for n in range(100):
        kept.append(a_record(str(n)), limit=0)
    assert len(kept.unsettled()) == 100


def test_a_record_says_how_many_its_network_sent_before(kept):
    for n in range(3):
        said = kept.append(a_record(str(n)))
    assert said.record.burst == 2
    assert kept.append(a_record("x", network="203.0.113.9")).record.burst == 0


# --- forgetting ---------------------------------------------------------------------------------


def test_forgetting_leaves_no_trace_and_harms_no_other(kept):
    kept.append(first := a_record("a", message="139 0000 0011"))
    kept.append(second := a_record("b"))
    kept.settle(first.reference)
    assert kept.forget(first.reference)

    everything = b"".join(path.read_bytes() for path in kept.folder.iterdir())
    assert b"0000 0011" not in everything
    assert first.reference.encode() not in everything
    assert refs(again(kept).unsettled()) == refs([second])
    assert not kept.append(replace(a_record("a"))).is_repeat


def test_a_copy_has_what_is_unsettled(kept, tmp_path):
    kept.append(record := a_record())
    kept.copy_to(tmp_path / "copy")
    assert refs(journal.Journal(tmp_path / "copy").unsettled()) == refs([record])
    assert journal.Journal(tmp_path / "copy").append(a_record("content")).is_repeat


def test_late_records_are_told(kept, time_machine_now):
    kept.append(a_record())
    assert kept.trouble() == ""
    time_machine_now.shift(601)
    assert kept.trouble() == "有 1 份需求超过 10 分钟没有入库，还在需求日志里。"


def test_a_full_disk_while_forgetting_leaves_nothing_behind(kept, monkeypatch):
    kept.append(first := a_record("a"))
    kept.append(second := a_record("b", message="139 0000 0012"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            kept.forget(first.reference)
    assert not list(kept.folder.glob("*.new"))
    assert refs(again(kept).unsettled()) == refs([first, second])
    (kept.folder / "segment-0.new").write_text("139 0000 0012")
    kept.sweep()
    assert not list(kept.folder.glob("*.new"))


def test_a_withdrawn_content_is_new_when_it_is_sent_again(kept):
    first = kept.append(a_record("same"))
    kept.settle(first.reference)
    kept.renounce(first.reference)
    assert not again(kept).append(a_record("same")).is_repeat


def test_forgetting_reaches_what_was_put_aside(kept):
    kept.append(first := a_record("a", message="139 0000 0011"))
    kept.append(second := a_record("b", message="139 0000 0012"))
    path = next(kept.folder.glob("*.log"))
    path.write_bytes(path.read_bytes().replace(b"139 0000", b"139-0000"))
    assert again(kept).unsettled() == []
    aside = kept.folder / "unreadable"
    assert aside.read_bytes().count(b"\n") == 2

    kept.forget(first.reference)
    assert (b"0000 0011" in aside.read_bytes(), b"0000 0012" in aside.read_bytes()) == (False, True)
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    kept.forget(second.reference)
    assert not aside.exists()
