"""What somebody who complains sends."""

REPORT = "/report/"
WRONG = {"kind": "correction", "about": "/articles/3661/", "text": "第二段的面积写错了。"}
STOLEN = WRONG | {
    "kind": "infringement",
    "text": "第三张照片是我拍的，没有授权。",
    "basis": "我是作者，首发于自己的网站。",
    "name": "陈测试",
    "contact": "138 0013 8000",
}


def complain(client, said=WRONG, language="", **fields):
    """Sends ``said`` with ``fields`` changed; None leaves one out."""
    data = {name: value for name, value in (said | fields).items() if value is not None}
    return client.post(f"{language}{REPORT}", data)


def codes(answer):
    """``{field: [codes]}`` of a form that came back."""
    assert answer.status_code == 422, answer.status_code
    form = answer.context["form"]
    return {name: [one.code for one in form.errors[name].as_data()] for name in form.errors}
