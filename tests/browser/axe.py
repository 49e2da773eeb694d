"""axe on a page as it stands: what it objects to, in words a failing test can show."""

from axe_playwright_python.base import AXE_SCRIPT

# Rules whose answer depends on colours and on room; the others say the same at every size.
LOOKS = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]


def violations(page, rules=None, within=None, ignored=()):
    """``["rule: element: why", …]``; WCAG 2.0 to 2.2, A and AA, and axe's best practices.

    ``rules`` limits the rules, ``within`` the part of the page (a CSS selector).
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = page.evaluate(
        "([within, options]) => axe.run(within || document, options)", [within, options]
    )
    return [
        f"{rule['id']}: {node['target']}: {_why(node)}"
        for rule in found["violations"]
        if rule["id"] not in ignored
        for node in rule["nodes"]
    ]


def _why(node):
    return "; ".join(check["message"] for key in ("any", "all", "none") for check in node[key])
