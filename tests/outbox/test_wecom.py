"""A robot of WeCom gets a plain text; what it answers decides whether it arrived."""

import json

import pytest
from tls_server import read_request, respond

from parkcms.outbox import channels

HOST = "qyapi.weixin.qq.com"
KEY = "693a91f6-7aec-4bc4-97a0-0ec2d1fa5aaa"


@pytest.fixture(autouse=True)
def wecom_on(settings):
    settings.OUTBOX_CHANNELS = {"wecom"}
    settings.PARKCMS_ORIGIN = "https://www.example.cn"


@pytest.fixture
def robot(open_door, monkeypatch):
    """Answers as it is told; what it was sent is in ``robot.seen``."""

    class Robot:
        answer = b'{"errcode": 0, "errmsg": "ok"}'
        status = "200 OK"
        seen = []

        def __call__(self, connection):
            self.seen.append(read_request(connection))
            respond(connection, self.answer, self.status)

    robot = Robot()
    robot.seen = []
    port = open_door(HOST, robot).port
    url = channels.WECOM.replace(HOST, f"{HOST}:{port}")
    monkeypatch.setattr(channels, "WECOM", url)
    return robot


def deliver(**fields):
    channels.deliver(
        **{
            "channel": "wecom",
            "address": KEY,
            "subject": "新需求 LE-1",
            "body": "联系：138****8000",
            "link": "/admin/leads/enquiry/1/change/",
        }
        | fields
    )


def failure(**fields):
    with pytest.raises(channels.Undeliverable) as told:
        deliver(**fields)
    assert KEY not in repr(told.value)
    return told.value.code, told.value.is_final


def words_of(robot):
    ((_, _, body),) = robot.seen
    sent = json.loads(body)
    assert sent.keys() == {"msgtype", "text"}
    return sent["text"]["content"]


def test_the_robot_is_told_the_summary_and_the_link(robot):
    deliver()
    assert robot.seen[0][0] == f"POST /cgi-bin/webhook/send?key={KEY} HTTP/1.1"
    assert words_of(robot) == (
        "新需求 LE-1\n联系：138****8000\nhttps://www.example.cn/admin/leads/enquiry/1/change/"
    )


def test_a_long_summary_is_cut_and_the_link_stays(robot):
    deliver(body="长" * 3000)
    words = words_of(robot)
    assert len(words.encode()) in range(2045, 2049)
    assert words.endswith("长\nhttps://www.example.cn/admin/leads/enquiry/1/change/")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, "busy"),
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, "wecom_93000"),
        ({"errcode": -1}, "wecom_-1"),
        ({"errmsg": "ok"}, "answer"),
        ({"errcode": "0"}, "answer"),
        ({"errcode": None}, "answer"),
        ([], "answer"),
    ],
)
def test_what_the_robot_answers_is_a_failure_unless_it_is_0(robot, answer, code):
    robot.answer = json.dumps(answer).encode()
    assert failure() == (code, False)


def test_a_robot_that_is_ill_is_asked_again(robot):
    robot.status = "502 Bad Gateway"
    assert failure() == ("http_502", False)


@pytest.mark.parametrize(
    "key",
    ["", "x", KEY.upper(), KEY + "a", KEY[:-1], f"{KEY}\n", f"../{KEY[3:]}", "g" * 36,
     f"{KEY}&debug=1", f"https://{HOST}/{KEY}"],
)  # fmt: skip
def test_what_is_no_key_is_never_sent_anywhere(robot, key):
    assert failure(address=key) == ("address", True)
    assert robot.seen == []


def test_the_door_must_be_open_for_it(settings):
    settings.OUTGOING_HOSTS = set()
    assert failure() == ("closed", False)
