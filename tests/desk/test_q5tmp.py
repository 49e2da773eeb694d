import pytest
from desk_forms import desk_of, errors, page_of, send
from factories import a_person, an_article
pytestmark = pytest.mark.django_db
def test_x():
    desk = desk_of(a_person(role="编辑"))
    a = an_article(publish_at=None)
    r = send(desk, page_of(a), expire_at_0="2024-01-01", expire_at_1="08:00", _publish="1")
    print("DBG", r.status_code, errors(r) if r.status_code==200 else "")
    b = an_article()
    r = send(desk, page_of(b), publish_at_0="", publish_at_1="", expire_at_0="2023-01-01", expire_at_1="08:00", _publish="1")
    print("DBG", r.status_code, errors(r) if r.status_code==200 else "")
    c = an_article(publish_at=None)
    send(desk, page_of(c), publish_at_0="2020-01-01", publish_at_1="08:00")
    c.refresh_from_db()
    r = desk.get(page_of(c)); print("DBG", r.context["publication"], r.context["public_url"], c.publish_at)
