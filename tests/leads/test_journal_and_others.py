"""The journal beside processes that stop, rewrite, come from another time or another version."""

import json
import os
import threading

import pytest
from journals import a_record, again, files, refs

from leads import journal
from leads.lines import line_of
from leads.recent import Known
from leads.record import Record

# --- a process that sits on the lock ------------------------------------------------------------


@pytest.fixture
def stuck(kept, monkeypatch):
    """Another process has the lock and is stopped; what it gives ends that."""
    monkeypatch.setattr(journal.HostLock.held, "__defaults__", (0.05,))
    monkeypatch.setattr("leads.hostlock.STUCK", 0.0)
    kept.append(a_record("before"))
    stopped, go = threading.Event(), threading.Event()

    def sit():
        with again(kept).lock.held(5):
            stopped.set()
            go.wait(20)

    sitter = threading.Thread(target=sit)
    sitter.start()
    assert stopped.wait(5)

    def resume():
        go.set()
        sitter.join()

    yield resume
    resume()


def test_a_stopped_process_that_holds_the_lock_does_not_stop_the_others(kept, stuck):
    said = kept.append(record := a_record("b"))
    assert not said.is_repeat
    assert refs(kept.unsettled())[1:] == [record.reference]
    assert kept.find(record.token) == record
    assert kept.settle(record.reference, alone=said.alone)
    assert len(kept.unsettled()) == 1
    stuck()
    kept.sweep()
    assert not list(kept.folder.glob("alone-*"))


def test_a_repeat_is_known_without_the_lock_too(kept, stuck):
    (before,) = kept.unsettled()
    first = kept.append(a_record("b"))
    for one in (kept, again(kept)):
        said = one.append(a_record("before"))
        assert (said.is_repeat, said.reference) == (True, before.reference)
        said = one.append(a_record("b"))
        assert (said.is_repeat, said.reference) == (True, first.reference)
    assert len(kept.unsettled()) == 2


def test_what_a_repeat_was_told_of_without_the_lock_is_not_taken_back(kept, stuck):
    """Another host had the content first; by then a repeat had this reference already."""
    first = kept.append(record := a_record("b"))
    assert again(kept).append(a_record("b")).reference == first.reference
    kept.fold(record, Known("AAAAA-AAAAA", "t" * 32, record.at.timestamp()), alone=first.alone)
    assert first.reference in refs(kept.unsettled())

    second = kept.append(other := a_record("c"))
    kept.fold(other, Known("BBBBB-BBBBB", "t" * 32, other.at.timestamp()), alone=second.alone)
    assert second.reference not in refs(kept.unsettled())


def test_what_can_not_be_settled_now_is_noted_and_settled_later(kept, stuck):
    (before,) = kept.unsettled()
    assert not kept.settle(before.reference)
    assert kept.unsettled() == []
    assert again(kept).unsettled() == []
    stuck()
    kept.sweep()
    assert files(kept) == []
    assert not list(kept.folder.glob("done-*"))


def test_nobody_waits_twice_for_a_lock_that_is_not_to_be_had(kept, stuck, monkeypatch):
    monkeypatch.setattr("leads.hostlock.STUCK", 1000.0)
    with kept.lock.held(0.05) as held:
        assert not held
    monkeypatch.setattr("leads.hostlock.time.sleep", lambda _: pytest.fail("it waited"))
    assert kept.append(a_record("b")).alone
    stuck()
    assert kept.append(a_record("c")).alone is None


# --- views of other processes ---------------------------------------------------------------------


def test_a_file_made_anew_is_never_taken_for_the_one_before(kept):
    """Its inode and its size may be the same."""
    other = again(kept)
    first = kept.append(a_record("x"))
    assert other.append(a_record("x")).is_repeat
    for _ in range(20):
        kept.settle(first.reference)
        kept.forget(first.reference)
        second = kept.append(a_record("y"))
        new = other.append(a_record("x"))
        assert (new.is_repeat, new.reference == first.reference) == (False, False)
        assert other.append(a_record("y")).reference == second.reference
        assert set(refs(again(kept).unsettled())) == {new.reference, second.reference}
        kept.forget(second.reference)
        first = new


def test_what_another_process_rewrote_is_read_anew(kept):
    other = again(kept)
    kept.append(first := a_record("a"))
    kept.append(second := a_record("b"))
    assert refs(other.unsettled()) == refs([first, second])
    kept.forget(first.reference)
    kept.append(third := a_record("c"))
    assert refs(other.unsettled()) == refs([second, third])
    other.settle(second.reference)
    other.sweep()
    assert refs(again(kept).unsettled()) == refs([third])


# --- clocks and versions --------------------------------------------------------------------------


def test_a_clock_that_was_set_back_hides_no_record(kept, time_machine_now):
    time_machine_now.shift(400 * 86_400)
    kept.append(record := a_record())
    time_machine_now.shift(-400 * 86_400)
    assert refs(kept.unsettled(older_than=5)) == refs([record])
    kept.append(a_record("now"), limit=1)
    with pytest.raises(journal.TooMany):
        kept.append(a_record("again"), limit=1)


def test_a_record_of_another_version_is_read_as_far_as_it_is_known(kept):
    kept.append(record := a_record())
    more = json.dumps(json.loads(record.to_json()) | {"colour": "green"})
    assert Record.from_json(more) == record


def test_a_record_nobody_understands_is_told_and_no_error(kept):
    kept.append(first := a_record("a"))
    path = next(kept.folder.glob("*.log"))
    with path.open("ab") as file:
        file.write(line_of("A", "BBBBB-BBBBB", "u" * 32, '{"content": 1}'))
    assert refs(again(kept).unsettled()) == refs([first])
    assert again(kept).find("u" * 32) is None
    assert again(kept).trouble() == "需求日志里有 1 份需求这个版本的程序读不懂。"


def test_without_descriptors_nothing_is_written(kept, monkeypatch):
    kept.append(first := a_record("a"))
    opened = os.open

    def none_left(path, flags, *mode):
        if flags == os.O_WRONLY:
            raise OSError(24, "Too many open files")
        return opened(path, flags, *mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", none_left)
        with pytest.raises(journal.Unwritable):
            kept.append(a_record("b"))
    assert refs(again(kept).unsettled()) == refs([first])
