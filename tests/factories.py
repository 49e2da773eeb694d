"""Plain functions that make rows. Each fills what is needed; name only what a test is about."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from PIL import Image

from articles.models import (
    Article,
    Autosave,
    Category,
    Citation,
    Comment,
    Mention,
    PreviewLink,
    Tag,
)
from leads.models import Activity, Alarm, Enquiry, Recipient
from leads.references import ALPHABET
from parkcms.addresses.models import BrokenLink, Missing, Redirect
from parkcms.library.models import Document, Picture
from parkcms.models import Complaint
from parkcms.outbox.models import Notice
from parkcms.people import second_factor
from parkcms.people.models import User
from parks.models import (
    AdmissionTerm,
    Benefit,
    ContactCard,
    Figure,
    Industry,
    Milestone,
    Park,
    ParkIndustry,
    Phase,
    Policy,
    Source,
    Space,
    Watch,
)

PASSWORD = "a long enough word"
# One round instead of a million: what a password is worth does not matter here, time does.
QUICK_HASH = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
LONG_AGO = datetime(2024, 3, 1, 4, 30, tzinfo=UTC)
_number = count(1)


def a_person(username="", role="", **fields):
    """A person at the desk; ``role`` is a group's name such as 编辑. The password is PASSWORD."""
    user = User.objects.create(
        username=username or f"person{next(_number)}", password=QUICK_HASH, is_staff=True, **fields
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def a_category(**fields):
    n = next(_number)
    fields = {"name_zh": f"分类{n}", "slug": f"shelf-{n}", "publish_at": LONG_AGO} | fields
    return Category.objects.create(**fields)


def an_article(tags=(), parks=(), **fields):
    """A published article of our own; ``publish_at=None`` makes it a draft."""
    n = next(_number)
    fields = {
        "title": f"文章{n}",
        "body": f"<p>正文{n}。</p>",
        "rights": Article.Rights.ORIGINAL,
        "publish_at": LONG_AGO,
    } | fields
    if "category" not in fields:
        fields["category"] = Category.objects.first() or a_category()
    article = Article.objects.create(**fields)
    article.tags.set(tags)
    for position, park in enumerate(parks):
        Mention.objects.create(article=article, park=park, position=position)
    return article


def a_tag(name="", **fields):
    return Tag.objects.create(name=name or f"标签{next(_number)}", **fields)


def a_park(**fields):
    n = next(_number)
    fields = {
        "name_zh": f"园区{n}",
        "name_en": f"Park {n}",
        "slug": f"park-{n}",
        "region_code": "310114",
        "publish_at": LONG_AGO,
    } | fields
    return Park.objects.create(**fields)


def a_phase(park, ordinal=1, **fields):
    fields = {"name_zh": f"{ordinal}期", "name_en": f"Phase {ordinal}"} | fields
    return Phase.objects.create(park=park, ordinal=ordinal, **fields)


def a_source(**fields):
    n = next(_number)
    fields = {"publisher": "某报", "title": f"报道{n}", "published": "2024-06-13"} | fields
    return Source.objects.create(**fields)


def a_figure(park, **fields):
    fields = {"metric": "tenants", "value": 30, "unit": "家", "as_of": "2024-06"} | fields
    if "source" not in fields:
        fields["source"] = a_source()
    return Figure.objects.create(park=park, **fields)


def a_milestone(park, **fields):
    fields = {"kind": "opened", "title_zh": "开园", "happened": "2019-12-16"} | fields
    if "source" not in fields:
        fields["source"] = a_source()
    return Milestone.objects.create(park=park, **fields)


def an_industry(park, name="氢能", stance="leading"):
    industry, _ = Industry.objects.get_or_create(name_zh=name)
    return ParkIndustry.objects.create(park=park, industry=industry, stance=stance)


def a_space(park=None, **fields):
    n = next(_number)
    fields = {
        "code": f"{n}号楼-1层",
        "slug": f"b{n}-f1",
        "area_gross_m2": 1200,
        "publish_at": LONG_AGO,
    } | fields
    return Space.objects.create(park=park or a_park(), **fields)


def a_contact(**fields):
    fields = {"name": "示例联系人", "phone": "400-000-0000", "is_sample": True} | fields
    return ContactCard.objects.create(**fields)


def a_citation(article, figure, quote, **fields):
    return Citation.objects.create(article=article, figure=figure, quote=quote, **fields)


def image_bytes(width=640, height=400, kind="JPEG", colour=(20, 90, 80), **options):
    """An encoded picture, as an upload would bring it."""
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind, **options)
    return out.getvalue()


def a_picture(size=(640, 400), **fields):
    """A small one costs a tenth: where only the row counts."""
    colour = tuple((next(_number) * step) % 256 for step in (37, 59, 83))
    fields = {"alt_zh": "厂房外景"} | fields
    return Picture.objects.add(BytesIO(image_bytes(*size, colour=colour)), **fields)


def a_notice(**fields):
    """A notice waiting to be mailed; no job goes with it."""
    n = next(_number)
    fields = {
        "key": f"notice:{n}",
        "channel": "mail",
        "address": "agent@example.cn",
        "subject": f"新需求 {n}",
        "body": "联系：138****8000",
        "link": "/admin/",
    } | fields
    return Notice.objects.create(**fields)


def an_enquiry(**fields):
    """A company that looks for 1,500 to 2,000 ㎡ and left a mobile number; nobody's yet."""
    n = next(_number)
    fields = {
        "reference": a_reference(n),
        "token": f"{n:032}",
        "submitted_at": timezone.now(),
        "intent": "rent",
        "uses": ["production"],
        "area_text": "1500-2000平",
        "area_min_m2": 1500,
        "area_max_m2": 2000,
        "districts": ["310114"],
        "company": f"示例公司{n}",
        "contact_name": "王小明",
        "phone_raw": f"139 0000 {n % 10_000:04}",
        "phone_e164": f"+861390000{n % 10_000:04}",
        "consent_version": "privacy-1",
        "consent_operator": True,
    } | fields
    return Enquiry.objects.create(**fields)


def a_reference(n):
    """A reference as the form would draw it, another one for each number."""
    drawn = ""
    for _place in range(10):
        n, digit = divmod(n, len(ALPHABET))
        drawn = ALPHABET[digit] + drawn
    return f"{drawn[:5]}-{drawn[5:]}"


def a_note(enquiry, **fields):
    return Activity.objects.create(enquiry=enquiry, **{"kind": "note", "text": "聊过"} | fields)


def a_recipient(**fields):
    fields = {"channel": "mail", "address": f"zu{next(_number)}@example.cn"} | fields
    return Recipient.objects.create(**fields)


def an_alarm(**fields):
    fields = {"kind": "journal", "detail": "磁盘满了"} | fields
    return Alarm.objects.get_or_create(kind=fields["kind"], defaults=fields)[0]


def a_complaint(**fields):
    """Somebody who gave a name and a number says that an article is wrong; nobody's yet."""
    n = next(_number)
    fields = {
        "kind": "correction",
        "about_path": "/articles/3661/",
        "about_title": "某园区开园",
        "text": "第二段的面积写错了，应是 351 亩。",
        "name": "陈测试",
        "contact": f"139 0000 {n % 10_000:04}",
        "network": "203.0.113.7",
    } | fields
    return Complaint.objects.create(**fields)


def pdf_bytes(objects=b"", text="", streams=()):
    """A small whole PDF. ``objects`` stand among its own; each of ``streams`` is a dictionary's
    words and the stream's bytes. ``text`` makes one differ from another."""
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    body += b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n" + objects
    for number, (words, data) in enumerate(streams, 10):
        body += b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, words, len(data))
        body += data + b"\nendstream\nendobj\n"
    end = b"trailer\n<< /Root 1 0 R /Size 3 >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + f"% {text}\n".encode() + end


def a_document(**fields):
    """A PDF of the library, each with bytes of its own."""
    n = next(_number)
    fields = {"title": f"园区手册{n}", "name": f"shouce-{n}.pdf"} | fields
    return Document.objects.add(BytesIO(pdf_bytes(text=f"{n}")), **fields)


def a_second_factor(person):
    """A phone set up just now and its recovery codes; the code of this half minute is used up."""
    made = second_factor.draft(person)
    return second_factor.turn_on(person, made, code_of(TOTPDevice(key=made.key)))


def code_of(device, steps=0):
    """What the phone shows, or showed or will show so many half minutes from now."""
    return f"{totp(device.bin_key, drift=steps):06}"


def a_redirect(old_path="", new_path="/parks/", **fields):
    return Redirect.objects.moved(old_path or f"/gone/{next(_number)}/", new_path, **fields)


def a_missing(path="", **fields):
    """A path visitors met nothing under, five times."""
    fields = {"path": path or f"/missed/{next(_number)}.html", "count": 5} | fields
    return Missing.objects.create(**fields)


def a_broken_link(article=None, **fields):
    """A link of ours in an article that leads nowhere."""
    article = article or an_article()
    fields = {
        "owner_kind": "articles.article",
        "owner_id": article.pk,
        "owner_label": article.title,
        "desk_path": f"/admin/articles/article/{article.pk}/change/",
        "url": f"/nowhere/{next(_number)}/",
        "text": "看这里",
        "why": "http_404",
    } | fields
    return BrokenLink.objects.create(**fields)


def a_preview_link(article, **fields):
    """An address for a week, whose maker is somebody of the desk."""
    now = timezone.now()
    fields = {"made_at": now, "expires_at": now + timedelta(days=7)} | fields
    if "made_by" not in fields:
        fields["made_by"] = a_person()
    return PreviewLink.objects.create(article=article, **fields)


def an_autosave(article, person, **form):
    """What the person's page kept of their typing just now: ``{name: [values]}``."""
    row = {"form": form, "version": article.version, "at": timezone.now()}
    return Autosave.objects.update_or_create(article=article, person=person, defaults=row)[0]


def a_comment(article, author, text="请核对。", **fields):
    return Comment.objects.create(article=article, author=author, text=text, **fields)


def a_watch(query="", **fields):
    """An address that confirmed long ago that it wants mails of a search."""
    n = next(_number)
    fields = {"email": f"visitor{n}@example.cn", "confirmed_at": LONG_AGO} | fields
    return Watch.objects.create(query=query, **fields)


def a_policy(parks=(), **fields):
    n = next(_number)
    fields = {
        "title_zh": f"示例办法{n}",
        "issuer_zh": "示例机关",
        "level": "district",
        "valid_from": "2024-01-01",
        "valid_to": "2099-12-31",
        "publish_at": LONG_AGO,
    } | fields
    if "source" not in fields:
        fields["source"] = a_source()
    policy = Policy.objects.create(**fields)
    policy.parks.set(parks)
    return policy


def a_benefit(policy, **fields):
    fields = {"kind": "rent", "amount_zh": "实际租金的 50%"} | fields
    return Benefit.objects.create(policy=policy, **fields)


def an_admission_term(park, **fields):
    """What a park asks of a company: at least 30 万元 of tax a mu and year."""
    fields = {"kind": "tax_per_mu", "required": True, "value": 30, "as_of": "2024"} | fields
    return AdmissionTerm.objects.create(park=park, **fields)
