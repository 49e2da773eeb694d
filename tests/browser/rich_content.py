"""The demo content, and beside it rows that fill every corner of a page, some of them too long."""

from datetime import timedelta
from pathlib import Path

import factories
from django.utils import timezone

from articles.models import Article
from leads.retention import erase
from parkcms.demo.load import load as load_demo
from parks.models import Alias, Amenity, Park, Space, SpacePicture, TransportLink

LONG_URL = "https://example.com/" + "a-very-long-path-without-any-break/" * 5 + "end"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
LONG_NAME = "长三角生态绿色一体化发展示范区先进智能制造与新能源汽车零部件综合产业园（嘉定北片）"
ARTICLE = 9001  # the id of the article with everything
# Tokens of receipts: one with spaces that meet, nearly meet and may meet what was asked for.
MATCHED, UNMATCHED, WITHDRAWN, ERASED = ("matched-" * 4, "nothing-" * 4, "gone-off" * 4,
                                         "rubbed-0" * 4)  # fmt: skip


def load(password_file: Path) -> None:
    load_demo(password_file)
    park = _park()
    _space(park)
    _article(park)
    _enquiries(park)


def _park() -> Park:
    picture = factories.a_picture(
        alt_zh="园区大门", alt_en="The gate", caption_zh="园区大门", is_rendering=True
    )
    park = factories.a_park(
        slug="everything",
        name_zh=LONG_NAME,
        name_en=f"{LONG_WORD} Industrial Park",
        level="national",
        town_zh="某某镇",
        town_en="Town",
        address_zh="某某路 1 号",
        latitude="31.3",
        longitude="121.2",
        intro_zh="第一段。\n\n第二段，" + LONG_URL,
        intro_en="First.\n\nSecond, " + LONG_URL,
        origin_region="330300",
        host_region="310114",
        cover=picture,
        contact=factories.a_contact(wechat="sample-wechat-id", wechat_qr=factories.a_picture()),
    )
    Alias.objects.create(park=park, name=LONG_WORD, kind="foreign")
    for stance in ("leading", "encouraged", "excluded"):
        factories.an_industry(park, f"{LONG_WORD[:48]} {stance}", stance)
    source = factories.a_source(title="很长的标题" * 8, url=LONG_URL)
    TransportLink.objects.create(park=park, kind="metro", name_zh="某站", distance_km=2.4)
    TransportLink.objects.create(park=park, kind="rail", name_zh="火车站", source=source)
    for state in ("existing", "building", "planned"):
        Amenity.objects.create(park=park, name_zh=f"食堂 {state}", state=state, source=source)
    _figures(park, source)
    return park


def _figures(park: Park, source) -> None:
    factories.a_figure(park, value=10, as_of="2024-06", source=source, sentence="入驻10家。")
    factories.a_figure(park, value=12, as_of="2024-06", sentence="入驻12家。")
    factories.a_figure(park, value=5, as_of="2020", source=source)
    factories.a_figure(
        park, metric="gfa", unit="m2", value="123456789.55", as_of="", state="planned"
    )
    factories.a_figure(park, metric="investment", unit="CNY", value="98765432100", as_of="2021-H1")
    factories.a_phase(park, 1)
    second = factories.a_phase(park, 2, status="building")
    factories.a_figure(park, phase=second, metric="land_area", unit="mu", value=351, source=source)
    factories.a_milestone(park)
    factories.a_milestone(park, kind="completed", title_zh="竣工", happened="", state="planned")


def _space(park: Park) -> None:
    space = factories.a_space(
        park,
        code="很长很长的空间编号" * 4,
        slug="long",
        form="single",
        rent_cny_m2_day="1.05",
        valid_until=timezone.localdate() + timedelta(days=90),
        storey_height_m="7.2",
        column_grid="9×8",
        floor_plan=factories.a_picture(),
        source=factories.a_source(),
        note_zh=LONG_URL,
        note_en=LONG_URL,
    )
    SpacePicture.objects.create(space=space, picture=factories.a_picture(caption_zh="厂房内景"))


def _article(park: Park) -> None:
    picture = factories.a_picture(caption_zh="开工现场", credit="摄影：某某", alt_en="A ceremony")
    cell = "".join(f"<td><p>第{n}列 1,234.56</p></td>" for n in range(12))
    body = (
        f"<h2>小标题</h2><p>入驻企业10家。<strong>加粗</strong>与<em>着重</em>。{LONG_URL}</p>"
        f'<h3>再小一点</h3><p><a href="{LONG_URL}">{LONG_URL}</a> {LONG_WORD * 2}</p>'
        "<ul><li><p>一</p></li><li><p>二</p></li></ul><ol><li><p>甲</p></li></ol>"
        "<blockquote><p>引一句话。</p></blockquote><hr>"
        f'<figure><img src="{picture.url()}" alt="厂房"><figcaption>图注</figcaption></figure>'
        f"<table><tbody><tr>{cell.replace('td>', 'th>')}</tr><tr>{cell}</tr></tbody></table>"
    )
    article = factories.an_article(
        pk=ARTICLE,
        title="什么都有的一篇文章，标题也长" + "很" * 40,
        title_en=f"An article with everything {LONG_WORD}",
        original_title="原来的标题",
        correction="改了一个字。",
        summary_zh="一两句话的摘要。" * 6,
        summary_en=f"A summary. {LONG_URL}",
        body=body,
        cover=picture,
        parks=[park],
        tags=[factories.a_tag(f"标签 {LONG_WORD}"), factories.a_tag("短标签")],
        rights=Article.Rights.AUTHORISED,
        publisher="某报" * 20,
        source_url=LONG_URL,
        writer="撰稿人",
        photographer="摄影师",
        editor="编辑",
        byline="园区编辑部",
        event_date="2024-06",
        posted_stamp="09-21",
        is_excerpt=True,
        publish_at=timezone.now(),
        pinned_until=timezone.now() + timedelta(days=1),
    )
    figure = park.figures.get(sentence="入驻10家。")
    factories.a_citation(article, figure, "入驻企业10家")


def _enquiries(park: Park) -> None:
    now = timezone.now()
    sample = Space.objects.get(park__slug="lingang-u-valley", slug="b6-f1")
    factories.an_enquiry(
        token=MATCHED,
        intent="register",
        uses=["office", "production", "headquarters", "rnd"],
        area_text="800-1900 平",
        area_min_m2=800,
        area_max_m2=1900,
        budget_text="0.9 元/㎡/天",
        budget_cny_m2_day="0.9",
        move_in="12m",
        tax_text="200 万元",
        company=LONG_NAME,
        contact_name=LONG_WORD[:40],
        email=f"{LONG_WORD[:40]}@example.com",
        wechat="sample-wechat-id",
        message=f"第一行。\n{LONG_URL}",
        park=sample.park,
        space=sample,
        corrected_at=now,
    )
    factories.an_enquiry(token=UNMATCHED, area_min_m2=90_000, area_max_m2=None, park=park)
    factories.an_enquiry(token=WITHDRAWN, withdrawn_at=now)
    erase(factories.an_enquiry(token=ERASED), why="")
