"""Two people write, publish, take down, restore and throw away in any order: what readers see, the
versions and the ledger are what a small model in plain Python says they are."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from desk_forms import desk_of, errors, page_of, send, words
from django.test import Client
from factories import a_category, a_citation, a_figure, a_park, a_person, a_tag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import content as contents
from articles import drafting
from articles.models import Article, Revision
from parkcms.ledger.models import Act

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PEOPLE = ("甲", "乙")
# What an example does to texts; a text is (title, body, tags, parks, citations) by small numbers.
TEXTS = st.tuples(*[st.integers(0, 2)] * 5)
STEPS = st.one_of(
    st.tuples(st.just("save"), st.sampled_from(PEOPLE), TEXTS, st.booleans()),
    st.tuples(st.just("publish"), st.sampled_from(PEOPLE), st.none() | TEXTS, st.booleans()),
    st.tuples(st.just("schedule"), st.sampled_from(PEOPLE), st.integers(1, 300)),
    st.tuples(st.just("take_down"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("put_back"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("restore"), st.sampled_from(PEOPLE), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("discard"), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 6, 9, 30, 600])),
)


@dataclass
class Version:
    kind: str
    by: str
    began: datetime
    said: tuple


@dataclass
class Model:
    """What must be true of the article after each step, without a database."""

    now: datetime
    live: tuple | None = None  # what the row says, once it was published
    at: datetime | None = None
    is_down: bool = False
    draft: int | None = None  # place in versions
    versions: list[Version] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    saved: list[tuple] = field(default_factory=list)

    @property
    def working(self):
        return self.live if self.draft is None else self.versions[self.draft].said

    @property
    def seen(self):
        return self.live if self.at and self.at <= self.now and not self.is_down else None

    def write(self, kind, by, said):
        """The draft of one person within ten minutes is one version, whatever was saved in it."""
        newest = self.versions[-1] if self.versions else None
        if (
            kind == newest_kind(newest) == "draft"
            and newest.by == by
            and self.draft == len(self.versions) - 1
            and self.now - newest.began < timedelta(minutes=10)
        ):
            newest.said = said
        else:
            self.versions.append(Version(kind, by, self.now, said))
        self.draft = None if kind == "published" else len(self.versions) - 1

    def begin(self, by, said):
        self.saved.append((self.now, by, said))
        self.write("draft", by, said)
        self.verbs.append("add")

    def save(self, by, said):
        self.saved.append((self.now, by, said))
        if said != self.working:
            self.write("draft", by, said)
            self.verbs.append("change")

    def publish(self, by, said, at=None):
        said = said or self.working
        self.saved.append((self.now, by, said))
        self.write("published", by, said)
        self.live, self.is_down, self.at = said, False, at or self.at or self.now
        self.verbs.append("publish")

    def take_down(self, by):
        self.is_down = True
        self.verbs.append("take_down")

    def put_back(self, by):
        self.is_down = False
        self.verbs.append("put_back")

    def restore(self, by, number):
        self.write("restored", by, self.versions[number].said)
        self.verbs.append("restore")

    def discard(self, by):
        if self.draft is not None and self.at is not None:
            self.draft = None
            self.verbs.append("discard")


def newest_kind(version):
    return version and version.kind


class Real:
    """The same on the database, and what readers and the desk find there."""

    def __init__(self):
        self.people = {name: a_person(display_name=name) for name in PEOPLE}
        self.shelf = a_category()
        self.tags = [a_tag() for _ in range(2)]
        self.parks = [a_park() for _ in range(2)]
        self.figures = [a_figure(park) for park in self.parks]
        self.article = Article(category=self.shelf)

    def content(self, text):
        title, body, tags, parks, cited = text
        figures = self.figures[:cited]
        # The park of a figure that is cited is mentioned, so both name the same ones.
        shown = self.parks[: max(parks, cited)]
        return self.said(contents.own(Article(category=self.shelf))) | {
            "title": f"题{title}",
            "body": f"<p>引文在此，正文{body}。</p>",
            "rights": "original",
            "tags": sorted(tag.name for tag in self.tags[:tags]),
            "parks": [[park.pk, place] for place, park in enumerate(shown)],
            "citations": [
                {"figure": figure.pk, "quote": "引文", "occurrence": 1} for figure in figures
            ],
        }

    def said(self, content):
        """The content without the times, which a draft only carries along."""
        return {
            name: value
            for name, value in content.items()
            if name not in {"publish_at", "expire_at"}
        }

    def fresh(self):
        return Article.objects.select_related("draft").get(pk=self.article.pk)

    def seen(self):
        """What a reader finds through the queryset of the public pages."""
        row = Article.objects.published().filter(pk=self.article.pk).first()
        return None if row is None else self.said(contents.of(row))

    def do(self, step, version):
        name, by = step[0], self.people[step[1]]
        row = self.fresh()
        if name == "save":
            drafting.save(row, self.content(step[2]), by, version=version)
        elif name == "publish":
            said = self.content(step[2]) if step[2] else None
            drafting.publish(row, by, content=said, version=version)
        elif name == "schedule":
            row.publish(by, at=row_time(step))
        elif name == "take_down":
            row.take_down(by, "原因")
        elif name == "put_back":
            row.put_back(by)
        elif name == "restore":
            drafting.restore(row, step[2], by, version=version)
        else:
            drafting.discard(row, by, version=version)


def row_time(step):
    return step[2]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(TEXTS, st.lists(STEPS, min_size=3, max_size=14))
def test_readers_versions_and_ledger_are_what_a_plain_model_says(first, steps):
    with time_machine.travel(NOW, tick=False) as clock:
        real, model = Real(), Model(NOW)
        drafting.begin(real.article, real.content(first), real.people["甲"])
        model.begin("甲", first)
        agrees(real, model)
        for step in steps:
            walk(real, model, clock, step)
            agrees(real, model)
        nothing_is_lost(model)
        page_agrees(real, model)


def nothing_is_lost(model):
    """Each text somebody saved is a version, or its writer went on from it within ten minutes."""
    for at, by, said in model.saved:
        kept = any(one.said == said for one in model.versions)
        went_on = any(
            (one.by, one.kind) == (by, "draft")
            and one.began <= at < one.began + timedelta(minutes=10)
            for one in model.versions
        )
        assert kept or went_on


def walk(real, model, clock, step):
    """One step on both sides, where it can be taken; one from an old version is refused."""
    name, *told = step
    if name == "wait":
        model.now += timedelta(minutes=told[0])
        clock.move_to(model.now, tick=False)
        return
    row = real.fresh()
    if name in {"take_down", "put_back"}:
        possible = row.publish_at is not None and model.is_down == (name == "put_back")
        if possible:
            real.do(step, None)
            getattr(model, name)(told[0])
        return
    if name == "schedule":
        if model.seen is None:
            at = model.now + timedelta(minutes=told[1])
            real.do((name, told[0], at), None)
            model.publish(told[0], None, at)
        return
    if name == "restore":
        number = told[1] % len(model.versions)
        revision = row.revisions.get(number=number + 1)
        step = (name, told[0], revision)
        told = [told[0], number, told[2]]
    *told, is_stale = told
    if is_stale and row.version > 1:
        with pytest.raises(drafting.Outdated):
            real.do(step, row.version - 1)
        return
    real.do(step, row.version)
    getattr(model, name)(*told)


def agrees(real, model):
    row = real.fresh()
    assert real.seen() == (real.said(real.content(model.seen)) if model.seen else None)
    assert row.publish_at == model.at
    assert real.said(drafting.working(row)) == real.said(real.content(model.working))
    kept = list(row.revisions.order_by("number"))
    assert [(one.number, one.kind, one.by_name) for one in kept] == [
        (place, one.kind, one.by) for place, one in enumerate(model.versions, 1)
    ]
    assert [real.said(one.content) for one in kept] == [
        real.said(real.content(one.said)) for one in model.versions
    ]
    assert row.draft_id == (None if model.draft is None else kept[model.draft].pk)
    acts = Act.objects.about(row).order_by("pk")
    assert [act.verb for act in acts] == model.verbs
    assert row.version >= getattr(real, "version", 0)
    real.version = row.version


def page_agrees(real, model):
    answer = Client().get(f"/articles/{real.article.pk}/")
    if model.seen is None:
        is_gone = model.at is not None and model.at <= model.now
        assert answer.status_code == (410 if is_gone else 404)
        return
    page = answer.content.decode()
    title, body, tags, *_ = model.seen
    assert f"题{title}" in page
    assert f"正文{body}。" in page
    assert [tag.name in page for tag in real.tags] == [place < tags for place in range(2)]


# --- one at a time ------------------------------------------------------------------------------


@pytest.fixture
def person():
    return a_person(role="编辑")


@pytest.fixture(autouse=True)
def clock(request, time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def an_article_of(person, **said):
    article = Article(category=a_category())
    own = {"title": "题", "body": "<p>文</p>", "rights": "original"} | said
    drafting.begin(article, contents.own(article) | {"tags": [], "parks": []} | own, person)
    return article


def test_every_text_saved_more_than_ten_minutes_apart_is_a_version(person, clock):
    article = an_article_of(person)
    said = contents.of(article)
    for number in range(4):
        clock.shift(timedelta(minutes=10))
        drafting.save(article, said | {"title": f"题{number}"}, person, version=None)
    titles = article.revisions.values_list("content__title", flat=True)
    assert list(titles) == ["题3", "题2", "题1", "题0", "题"]


def test_ten_minutes_count_from_the_first_save_and_not_from_the_last(person, clock):
    article = an_article_of(person)
    said = contents.of(article)
    for number in range(4):
        clock.shift(timedelta(minutes=6))
        drafting.save(article, said | {"title": f"题{number}"}, person, version=None)
    titles = article.revisions.values_list("content__title", flat=True)
    assert list(titles) == ["题3", "题2", "题0"]


def test_what_is_scheduled_is_not_changed_by_a_later_draft(person, clock):
    article = an_article_of(person, title="定好的")
    article.publish(person, at=NOW + timedelta(days=1))
    drafting.save(article, contents.of(article) | {"title": "后来写的"}, person, version=None)
    clock.shift(timedelta(days=1))
    assert Article.objects.published().get().title == "定好的"
    article.refresh_from_db()
    assert article.draft.content["title"] == "后来写的"


def test_a_form_that_only_knows_minutes_does_not_change_the_time_of_publication(person, clock):
    at = NOW + timedelta(seconds=41, microseconds=5)
    clock.move_to(at, tick=False)
    article, desk = an_article_of(person), desk_of(person)
    article.publish(person)
    assert send(desk, page_of(article)).status_code == 302
    assert (article.revisions.count(), Act.objects.filter(verb="change").count()) == (2, 0)
    assert send(desk, page_of(article), title="新题", _publish="1").status_code == 302
    article.refresh_from_db()
    assert (article.title, article.publish_at) == ("新题", at)


@pytest.mark.parametrize("is_live", [False, True])
def test_an_end_that_has_come_is_refused_at_its_field_when_published(person, is_live):
    article, desk = an_article_of(person), desk_of(person)
    if is_live:
        article.publish(person)
    typed = {"publish_at_0": "", "publish_at_1": "", "expire_at_0": "2024-01-01"}
    answer = send(desk, page_of(article), **typed, expire_at_1="08:00", _publish="1")
    assert errors(answer) == {"expire_at": ["expires_first"]}


def test_a_plan_in_a_draft_is_shown_as_a_plan_and_not_as_what_is_so(person):
    article, desk = an_article_of(person), desk_of(person)
    send(desk, page_of(article), publish_at_0="2020-01-01", publish_at_1="08:00")
    page = desk.get(page_of(article))
    assert (page.context["publication"], page.context["public_url"]) == ("草稿", "")
    shown = words(page)
    assert "保存并发布" in shown
    assert "下线原因" not in shown
    assert 'value="2020/01/01"' in page.content.decode()


def test_pictures_parks_and_figures_that_are_gone_do_not_stop_a_restore(person):
    park, figure = a_park(), a_figure(a_park())
    article = an_article_of(person)
    said = contents.of(article) | {"parks": [[park.pk, 0]], "cover": 999_999}
    said["citations"] = [{"figure": figure.pk, "quote": "文", "occurrence": 1}]
    drafting.save(article, said, a_person(), version=None)
    with_them = article.revisions.first()
    drafting.save(article, said | {"parks": [], "citations": []}, person, version=None)
    figure.park.delete()
    park.delete()
    made = drafting.restore(article, with_them, person, version=article.version)
    article.refresh_from_db()
    assert (article.mentions.count(), article.citations.count(), article.cover) == (0, 0, None)
    assert made.content == with_them.content
    a_citation(article, a_figure(a_park()), "文")  # the row can be written to as ever


def test_what_was_published_before_the_desk_touched_it_is_the_first_version(person):
    article = an_article_of(person)
    Revision.objects.all().delete()
    Article.objects.update(publish_at=NOW, draft=None)
    article.refresh_from_db()
    drafting.save(article, contents.of(article) | {"title": "新题"}, person, version=None)
    kinds = article.revisions.order_by("number").values_list("kind", "content__title")
    assert list(kinds) == [("base", "题"), ("draft", "新题")]
