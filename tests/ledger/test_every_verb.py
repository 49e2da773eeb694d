"""Each verb of the desk and each bulk action, done once: it leaves its Act, about the right row, by
who did it. A verb without an example here, or an action, fails."""

from datetime import timedelta
from io import BytesIO

import pytest
from desk_forms import act_on, desk_of, page_of, send
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from factories import (
    a_category,
    a_comment,
    a_complaint,
    a_contact,
    a_missing,
    a_notice,
    a_park,
    a_person,
    a_picture,
    a_policy,
    a_second_factor,
    a_space,
    a_tag,
    an_alarm,
    an_article,
    an_enquiry,
    image_bytes,
)

from articles import commenting, content, drafting, preview_links, renaming, reviewing
from articles.importing import Incoming, land
from articles.models import Article, Comment, Tag
from leads import desk_verbs, erasing
from leads.models import Alarm, Enquiry
from parkcms.addresses.models import Missing
from parkcms.complaint import Complaint
from parkcms.ledger.models import VERBS, Act
from parkcms.outbox.models import Notice
from parkcms.people import second_factor
from parkcms.people.models import User
from parks.models import Policy, Space

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def boss():
    return a_person("zhanzhang", is_superuser=True)


# --- one example of each verb: does it, and answers the row it is about --------------------------


def adds(boss):
    draft = Article(title="新的", category=a_category())
    drafting.begin(draft, content.own(draft) | {"tags": [], "parks": [], "citations": []}, boss)
    return draft


def changes(boss):
    article = an_article()
    said = content.of(article) | {"title": "改过"}
    drafting.save(article, said, boss, version=article.version)
    return article


def deletes(boss):
    card = a_contact()
    desk_of(boss).post(page_of(card, "delete"), {"post": "yes"})
    return card


def publishes(boss):
    article = an_article(publish_at=None)
    article.publish(boss)
    return article


def takes_down(boss):
    article = an_article()
    article.take_down(boss, "来源要求删除")
    return article


def puts_back(boss):
    article = an_article(taken_down_at=timezone.now())
    article.put_back(boss)
    return article


def restores(boss):
    article = changes(boss)
    drafting.restore(article, article.revisions.last(), boss, version=article.version)
    return article


def discards(boss):
    article = changes(boss)
    drafting.discard(article, boss, version=article.version)
    return article


def submits(boss):
    article = an_article(publish_at=None)
    reviewing.submit(article, boss)
    return article


def returns(boss):
    article = submits(boss)
    reviewing.send_back(article, boss, "补来源")
    return article


def withdraws_a_submission(boss):
    article = submits(boss)
    reviewing.withdraw(article, boss)
    return article


def comments(boss):
    return commenting.comment(an_article(), boss, "请核对").article


def settles(boss):
    row = a_comment(an_article(), boss)
    commenting.settle(row, boss)
    return row.article


def reopens(boss):
    article = settles(boss)
    commenting.reopen(Comment.objects.get(), boss)
    return article


def previews(boss):
    article = an_article()
    preview_links.make(article, boss, timezone.localdate() + timedelta(days=7))
    return article


def revokes(boss):
    article = previews(boss)
    preview_links.revoke(article.preview_links.get(), boss)
    return article


def tags(boss):
    article = an_article()
    drafting.retag(article, boss, add=["氢能"])
    return article


def untags(boss):
    article = an_article(tags=["氢能"])
    drafting.retag(article, boss, drop=["氢能"])
    return article


def moves(boss):
    article = an_article()
    drafting.move(article, boss, a_category())
    return article


def merges(boss):
    kept, gone = a_tag("氢能"), a_tag("氢能源")
    copy = Tag(pk=gone.pk)
    renaming.merge(kept, [gone], boss)
    return copy


def replaces(boss):
    picture = a_picture()
    picture.replace(BytesIO(image_bytes(colour=(1, 2, 3))), boss, "换清楚的")
    return picture


def clears_rights(boss):
    article = an_article(rights="unverified", publisher="某报")
    drafting.clear_rights(article, boss, rights="public", basis="政府公开信息", reason="查过")
    return article


def redirects(boss):
    return a_missing().lead_to("/parks/", boss)


def ignores(boss):
    row = a_missing()
    row.ignore(boss)
    return row


def imports(boss):
    return land(Incoming(title="旧文", category=a_category().slug), author=boss).article


def confirms(boss):
    space = a_space()
    space.confirm(boss)
    return space


def reserves(boss):
    space = a_space()
    space.reserve(boss)
    return space


def lets(boss):
    space = a_space()
    space.let_to(boss)
    return space


def lets_again(boss):
    space = a_space(state="let")
    space.release(boss)
    return space


def takes_off_the_market(boss):
    space = a_space()
    space.withdraw(boss)
    return space


def requeues(boss):
    notice = a_notice(state="dead")
    notice.requeue(boss)
    return notice


def gives_up(boss):
    notice = a_notice(state="dead")
    notice.give_up(boss)
    return notice


def claims(boss):
    enquiry = an_enquiry()
    enquiry.claim(boss)
    return enquiry


def assigns(boss):
    article = an_article()
    drafting.assign(article, boss, a_person())
    return article


def notes(boss):
    enquiry = an_enquiry(owner=boss)
    send(desk_of(boss), page_of(enquiry), note_kind="note", note="记一笔")
    return enquiry


def reveals(boss):
    enquiry = an_enquiry(owner=boss)
    desk_verbs.reveal(enquiry, boss, next(iter(desk_verbs.WHY_REVEAL)))
    return enquiry


def releases(boss):
    enquiry = an_enquiry(held=True)
    enquiry.release(boss)
    return enquiry


def invalidates(boss):
    enquiry = an_enquiry()
    desk_verbs.set_invalid(enquiry, boss, next(iter(desk_verbs.WHY_INVALID)))
    return enquiry


def erases(boss):
    enquiry = an_enquiry()
    erasing.erase(enquiry, by=boss, why="本人要求")
    return enquiry


def answers(boss):
    complaint = a_complaint()
    complaint.reply(boss, "已更正。", over=None)
    return complaint


def closes(boss):
    complaint = a_complaint()
    complaint.close(boss, Complaint.Outcome.UNFOUNDED)
    return complaint


def clears(boss):
    alarm = an_alarm()
    alarm.clear(boss)
    return alarm


def turns_on(boss):
    a_second_factor(boss)
    return boss


def turns_off(boss):
    a_second_factor(boss)
    second_factor.turn_off(boss)
    return boss


def resets(boss):
    person = a_person()
    a_second_factor(person)
    second_factor.reset(person, boss, "手机丢了")
    return person


def uses_a_recovery_code(boss):
    _, codes = a_second_factor(boss)
    second_factor.verify(boss, codes[0])
    return boss


def renews_recovery_codes(boss):
    a_second_factor(boss)
    second_factor.renew_recovery(boss)
    return boss


EXAMPLES = {
    "add": adds, "change": changes, "delete": deletes, "publish": publishes,
    "take_down": takes_down, "put_back": puts_back, "restore": restores, "discard": discards,
    "submit": submits, "return": returns, "withdraw_submission": withdraws_a_submission,
    "comment": comments, "settle": settles, "reopen": reopens, "preview": previews,
    "revoke": revokes, "tag": tags, "untag": untags, "move": moves, "merge": merges,
    "replace": replaces, "clear_rights": clears_rights, "redirect": redirects, "ignore": ignores,
    "import": imports, "confirm": confirms, "reserve": reserves, "let": lets,
    "let_again": lets_again, "off_market": takes_off_the_market, "requeue": requeues,
    "give_up": gives_up,
    "claim": claims, "assign": assigns, "note": notes, "reveal": reveals, "release": releases,
    "invalid": invalidates, "erase": erases, "answer": answers, "close": closes, "clear": clears,
    "second_factor_on": turns_on, "second_factor_off": turns_off, "second_factor_reset": resets,
    "recovery_used": uses_a_recovery_code, "recovery_renewed": renews_recovery_codes,
}  # fmt: skip
# Done by a visitor, or about no single row; held elsewhere.
ELSEWHERE = {
    "receive": "tests/complaints",
    "correct": "tests/leads/test_receipts.py",
    "withdraw": "tests/leads/test_receipts.py",
    "export": "tests/desk/test_enquiry_export.py",
}


def test_every_verb_has_its_example():
    assert set(EXAMPLES) | set(ELSEWHERE) == set(VERBS)


@pytest.mark.parametrize("verb", EXAMPLES)
def test_a_verb_leaves_one_act_by_who_did_it(verb, boss):
    row = EXAMPLES[verb](boss)
    act = Act.objects.filter(object_kind=row._meta.label_lower, object_id=str(row.pk)).get(
        verb=verb
    )
    assert (act.actor_id, act.actor_name) == (boss.pk, "zhanzhang")
    assert act.verb_label == VERBS[verb]


# --- one example of each bulk action -------------------------------------------------------------


def two(make, **fields):
    return [make(**fields), make(**fields)]


# (model, action): (two rows, what a page between asks, the verb of their Acts)
ACTIONS = {
    (Article, "publish_selected"): (lambda: two(an_article, publish_at=None), {}, "publish"),
    (Article, "take_down_selected"): (lambda: two(an_article), {"reason": "侵权"}, "take_down"),
    (Article, "put_back_selected"): (
        lambda: two(an_article, taken_down_at=timezone.now()), {}, "put_back"
    ),
    (Article, "tag_selected"): (lambda: two(an_article), {"names": "氢能"}, "tag"),
    (Article, "untag_selected"): (lambda: two(an_article, tags=["旧"]), {"names": "旧"}, "untag"),
    (Article, "move_selected"): (
        lambda: two(an_article), {"category": lambda: a_category().pk}, "move"
    ),
    (Article, "give_selected"): (
        lambda: two(an_article), {"person": lambda: a_person(role="编辑").pk}, "assign"
    ),
    (Space, "publish_selected"): (lambda: two(a_space, publish_at=None), {}, "publish"),
    (Space, "take_down_selected"): (lambda: two(a_space), {}, "take_down"),
    (Space, "confirm_selected"): (lambda: two(a_space), {}, "confirm"),
    (Space, "let_selected"): (lambda: two(a_space), {}, "let"),
    (Space, "reserve_selected"): (lambda: two(a_space), {}, "reserve"),
    (Space, "let_again_selected"): (lambda: two(a_space, state="let"), {}, "let_again"),
    (Space, "off_market_selected"): (lambda: two(a_space), {}, "off_market"),
    (Policy, "check_selected"): (lambda: two(a_policy), {}, "confirm"),
    (Missing, "ignore_selected"): (lambda: two(a_missing), {}, "ignore"),
    (Notice, "requeue_selected"): (lambda: two(a_notice, state="dead"), {}, "requeue"),
    (Notice, "give_up_selected"): (lambda: two(a_notice, state="dead"), {}, "give_up"),
    (Complaint, "claim_selected"): (lambda: two(a_complaint), {}, "claim"),
    (Enquiry, "claim_selected"): (lambda: two(an_enquiry), {}, "claim"),
    (Enquiry, "export_selected"): (lambda: two(an_enquiry), {}, "export"),
    (Enquiry, "set_invalid_selected"): (lambda: two(an_enquiry), {}, "invalid"),
    (Alarm, "clear_selected"): (lambda: [an_alarm()], {}, "clear"),
}  # fmt: skip
# Leads to a page of its own, which has its test below.
ON_A_PAGE = {(Tag, "merge_selected")}
# The same code for another model.
LIKEWISE = {"delete_selected", "publish_selected", "take_down_selected", "ignore_selected"}


def test_every_bulk_action_has_its_example(boss, rf):
    request = rf.get("/admin/")
    request.user = boss
    there = {
        (model, name)
        for model, own in admin.site._registry.items()
        for name in own.get_actions(request)
    }
    without = there - set(ACTIONS) - ON_A_PAGE
    without = {(model, name) for model, name in without if name not in LIKEWISE}
    assert without == set()
    assert set(ACTIONS) - there == set()


@pytest.mark.parametrize(("model", "action"), ACTIONS)
def test_a_bulk_action_leaves_an_act_for_each_row(model, action, boss):
    make, asked, verb = ACTIONS[model, action]
    rows = make()
    given = {name: value() if callable(value) else value for name, value in asked.items()}
    desk = desk_of(boss)
    act_on(desk, model, action, rows)
    if asked:
        data = {"action": action, "_selected_action": [row.pk for row in rows], "apply": "1"}
        desk.post(page_of(model, "changelist"), data | given)
    acts = Act.objects.filter(verb=verb, actor_id=boss.pk)
    if verb == "export":
        assert acts.count() == 1
        return
    told = sorted(int(key) for key in acts.values_list("object_id", flat=True))
    assert told == sorted(row.pk for row in rows)


def test_merging_many_tags_leaves_an_act_for_each_that_is_gone(boss):
    tags = [a_tag() for _ in range(3)]
    answer = act_on(desk_of(boss), Tag, "merge_selected", tags)
    path = answer.redirect_chain[-1][0].partition("?")[0]
    keys = [tag.pk for tag in tags]
    desk_of(boss).post(path, {"tag": keys, "keep": keys[1]})
    acts = Act.objects.filter(verb="merge", actor_id=boss.pk).values_list("object_id", flat=True)
    assert sorted(map(int, acts)) == [keys[0], keys[2]]


def test_deleting_many_leaves_an_act_for_each(boss):
    cards = two(a_contact)
    data = {"action": "delete_selected", "_selected_action": [c.pk for c in cards], "post": "yes"}
    desk_of(boss).post(page_of(cards[0], "changelist"), data)
    assert Act.objects.filter(verb="delete").count() == 2


def test_the_site_itself_is_named_where_nobody_did_it():
    an_article(publish_at=None).publish(None)
    assert Act.objects.get().actor_name == "系统"
    assert User.objects.count() == 0
    assert Client().get("/articles/").status_code == 200
    assert a_park().pk
