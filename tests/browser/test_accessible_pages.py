"""axe finds nothing to complain about: every type of page, both languages, light and dark."""

import addresses
import pytest
from axe_playwright_python.sync_playwright import Axe
from guests import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

AXE = Axe()


@pytest.mark.parametrize("path", addresses.ALL)
def test_page_has_no_violation(visit, path):
    import time
    t=time.time()
    page = visit(path, **PHONE)
    t1=time.time()
    page.evaluate(AXE.axe_script)
    t2=time.time()
    r = page.evaluate("axe.run({resultTypes:['violations']}).then(r => r.violations.map(v => v.id+': '+v.nodes.map(n=>n.target+' '+n.any.concat(n.all,n.none).map(x=>x.message).join('|')).join(' ; ')))")
    t3=time.time()
    print(path, t1-t,t2-t1,t3-t2)
    for x in r: print("   ",x[:1500])
