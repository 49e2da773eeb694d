"""A quote is found in a text of either width and marked in its HTML; no other word moves."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lxml import html

from articles import markup
from articles.citations import Mark, find, mark, text_of
from parkcms.language.widths import fold


def one(quote, occurrence=1, anchor="cite-1", label=""):
    return Mark(quote, occurrence, "/parks/p/#f", anchor, label)


def words_of(body):
    return html.fragment_fromstring(body, create_parent="div").text_content()


def marked(body):
    """The text of every mark in order; pieces of one mark stay apart."""
    root = html.fragment_fromstring(body, create_parent="div")
    return [a.text_content() for a in root.xpath(".//a[@class='cite']")]


# --- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quote", "occurrence", "found"),
    [
        ("入驻企业29家。", "29家", 1, "29家"),
        ("温州（嘉定）科创园", "温州(嘉定)", 1, "温州（嘉定）"),
        ("温州(嘉定)科创园", "温州（嘉定）", 1, "温州(嘉定)"),
        ("面积９.２万㎡。", "9.2万m2", 1, "９.２万㎡"),
        ("面积9.2万㎡。", "万㎡", 1, "万㎡"),
        ("甲29家，乙29家。", "29家", 2, "29家"),
        ("甲29家，乙29家。", "29家", 3, None),
        ("甲29家。", "29家", 0, None),
        ("甲29家。", "29家", -1, None),
        ("甲29家。", "", 1, None),
        ("甲29家。", "  ", 1, None),
        ("甲29家。", " 29家 ", 1, "29家"),
        ("甲 29 家。", "29家", 1, None),
        ("", "29家", 1, None),
        ("a & b < c", "a & b < c", 1, "a & b < c"),
    ],
)
def test_a_quote_is_found_where_it_stands(text, quote, occurrence, found):
    span = find(text, quote, occurrence)
    assert (span and text[slice(*span)]) == found


def test_the_second_occurrence_stands_behind_the_first():
    assert find("29家、29家", "29家", 1) == (0, 3)
    assert find("29家、29家", "29家", 2) == (4, 7)


def test_occurrences_may_overlap():
    assert [find("哈哈哈", "哈哈", n) for n in (1, 2, 3)] == [(0, 2), (1, 3), None]


WIDTHS = st.text("29家（）()，,万㎡%％ａa", max_size=20)


@given(WIDTHS, WIDTHS, st.integers(1, 4))
def test_finding_agrees_with_counting_in_the_folded_text(text, quote, occurrence):
    wanted, folded = fold(quote).strip(), fold(text)
    assume(wanted)
    times = sum(folded.startswith(wanted, at) for at in range(len(folded)))
    span = find(text, quote, occurrence)
    assert (span is not None) == (occurrence <= times)
    if span:
        assert wanted in fold(text[slice(*span)])


@given(st.text(max_size=40), st.integers(0, 39), st.integers(1, 10))
def test_any_piece_of_any_text_is_found_in_it(text, start, length):
    piece = text[start : start + length]
    # A mark that joins the character before it is no piece of its own.
    assume(fold(piece).strip() and fold(piece) in fold(text))
    assert find(text, piece) is not None


# --- marking ------------------------------------------------------------------------------------


def test_a_mark_is_a_link_with_a_name_and_a_label():
    body = mark("<p>目前入驻企业29家。</p>", [one("入驻企业29家", label="看来源")])
    assert body == (
        '<p>目前<a class="cite" href="/parks/p/#f" id="cite-1" title="看来源">'
        "入驻企业29家</a>。</p>"
    )


def test_without_marks_the_text_comes_back_as_it_was():
    body = "<p>甲&nbsp;乙<br>丙</p>"
    assert mark(body, []) is body


def test_a_quote_that_is_not_there_leaves_no_mark():
    assert mark("<p>甲</p>", [one("乙")]) == "<p>甲</p>"


@pytest.mark.parametrize(
    ("body", "quote", "occurrence", "pieces"),
    [
        ("<p>入驻<strong>企业29</strong>家，多</p>", "企业29家", 1, ["企业29", "家"]),
        ("<p><em>入</em>驻<strong>企</strong>业</p>", "入驻企业", 1, ["入", "驻", "企", "业"]),
        ("<p>甲29家</p><p>乙29家</p>", "29家", 2, ["29家"]),
        ("<ul><li>甲</li><li>29家</li></ul>尾29家", "29家", 2, ["29家"]),
        ("裸文29家", "29家", 1, ["29家"]),
        ("<p>甲</p>29家<p>乙</p>", "29家", 1, ["29家"]),
        ("<table><tbody><tr><td>29家</td></tr></tbody></table>", "29家", 1, ["29家"]),
        ("<figure><img src=\"/media/a.jpg\"><figcaption>29家</figcaption></figure>", "29家", 1,
         ["29家"]),
        ("<p>温州（嘉定）</p>", "温州(嘉定)", 1, ["温州（嘉定）"]),
        ("<p>a &amp; b &lt; c &gt; d</p>", "b < c > d", 1, ["b < c > d"]),
        ("<p>29</p><p>家</p>", "29家", 1, []),  # no quote runs over a paragraph's end
        ("<p>29<br>家</p>", "29家", 1, []),
        ("<ul><li>29</li><li>家</li></ul>", "29家", 1, []),
    ],
)  # fmt: skip
def test_what_is_marked(body, quote, occurrence, pieces):
    done = mark(body, [one(quote, occurrence)])
    assert marked(done) == pieces
    assert words_of(done) == words_of(body)


def test_a_mark_in_pieces_has_its_name_once():
    done = mark("<p>入驻<strong>企业29</strong>家</p>", [one("企业29家")])
    assert done.count('id="cite-1"') == 1
    assert done.count('href="/parks/p/#f"') == 2


def test_a_link_keeps_its_own_address_and_takes_the_name():
    body = '<p>见<a href="https://example.com/">入驻企业29家</a>。</p>'
    done = mark(body, [one("企业29家")])
    assert done == ('<p>见<a href="https://example.com/" id="cite-1">入驻企业29家</a>。</p>')


def test_a_quote_half_in_a_link_is_marked_outside_of_it():
    body = '<p><a href="https://example.com/">入驻</a>企业29家</p>'
    done = mark(body, [one("入驻企业29家")])
    assert marked(done) == ["企业29家"]
    assert done.count('id="cite-1"') == 1
    assert "<a" not in done.split("</a>")[0].removeprefix("<p><a")


def test_of_two_that_overlap_the_one_named_first_is_marked():
    marks = [one("企业29家", anchor="cite-2"), one("入驻企业29", anchor="cite-1")]
    done = mark("<p>入驻企业29家。</p>", marks)
    assert marked(done) == ["企业29家"]
    assert 'id="cite-2"' in done
    assert 'id="cite-1"' not in done


def test_two_side_by_side_are_both_marked_in_any_order_of_naming():
    marks = [one("79.5%", anchor="b"), one("29家", anchor="a")]
    for order in (marks, marks[::-1]):
        assert marked(mark("<p>29家79.5%</p>", order)) == ["29家", "79.5%"]


def test_addresses_and_labels_cannot_break_out_of_their_attribute():
    hostile = Mark("甲", 1, '/x" onclick="alert(1)', 'i" x="', '"><script>alert(1)</script>')
    done = mark("<p>甲</p>", [hostile])
    (link,) = html.fragment_fromstring(done, create_parent="div").xpath(".//a")
    assert set(link.keys()) == {"class", "href", "id", "title"}
    assert html.fragment_fromstring(done, create_parent="div").xpath(".//script") == []


INLINE = st.recursive(
    st.text("甲乙29家，。&<>（）( )", min_size=1, max_size=8).map(
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    ),
    lambda inner: (
        st.builds(
            "<{0}>{1}</{0}>".format,
            st.sampled_from(["strong", "em", "sup", "a"]),
            st.lists(inner, min_size=1, max_size=3).map("".join),
        )
        | st.lists(inner, min_size=1, max_size=3).map("".join)
    ),
    max_leaves=6,
)
BODIES = (
    st.lists(
        st.builds("<p>{}</p>".format, INLINE)
        | st.builds("<ul><li>{}</li><li>{}</li></ul>".format, INLINE, INLINE)
        | st.builds("{}<br>{}".format, INLINE, INLINE),
        min_size=1,
        max_size=4,
    )
    .map("".join)
    .map(markup.clean)
)


@st.composite
def bodies_and_quotes(draw):
    body = draw(BODIES)
    text = markup.plain(body)
    quotes = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(text) - 1, 0)))
        quote = text[start : start + draw(st.integers(1, 12))]
        quotes.append(one(quote, draw(st.integers(1, 2)), anchor=f"cite-{number}"))
    return body, quotes


@given(bodies_and_quotes())
@example(("<p>甲</p>", [one("")]))
def test_marking_changes_no_word_and_no_other_element(case):
    body, quotes = case
    done = mark(body, quotes)
    assert words_of(done) == words_of(body)
    root = html.fragment_fromstring(done, create_parent="div")
    for link in root.xpath(".//a[@class='cite']"):
        assert not link.xpath("ancestor::a"), "a link within a link"
        link.drop_tag()
    for link in root.xpath(".//a[@id]"):
        del link.attrib["id"]
    before = html.fragment_fromstring(body, create_parent="div")
    assert html.tostring(root) == html.tostring(before)


@given(bodies_and_quotes())
def test_every_name_stands_once_at_most_and_the_words_are_the_quotes(case):
    body, quotes = case
    root = html.fragment_fromstring(mark(body, quotes), create_parent="div")
    ids = [element.get("id") for element in root.xpath(".//*[@id]")]
    assert len(ids) == len(set(ids))
    if len(quotes) == 1 and not root.xpath(".//a[not(@class)]"):
        words = "".join(a.text_content() for a in root.xpath(".//a[@class='cite']"))
        assert fold(words) in {"", fold(quotes[0].quote).strip().replace("\n", "")}


@given(bodies_and_quotes())
@example(("<table><tbody><tr><td>29</td><td>家</td></tr></tbody></table>", [one("29家")]))
@example(("<ul><li>29<p>家</p></li></ul>", [one("29家")]))
def test_a_quote_counts_as_found_where_its_mark_can_be_seen_and_nowhere_else(case):
    body, quotes = case
    for quote in quotes:
        is_found = find(text_of(body), quote.quote, quote.occurrence) is not None
        assert (f'id="{quote.anchor}"' in mark(body, [quote])) == is_found


def test_an_empty_text_has_no_words():
    assert text_of("") == ""
    assert mark("", [one("甲")]) == ""
