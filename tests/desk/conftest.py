"""The people who handle enquiries, and those who keep parks."""

import pytest
from factories import a_park, a_person


@pytest.fixture
def agent():
    return a_person("zhuanyuan", "招商专员", display_name="专员")


@pytest.fixture
def other():
    return a_person("tongshi", "招商专员", display_name="同事")


@pytest.fixture
def lead():
    return a_person("zhuguan", "招商主管", display_name="主管")


@pytest.fixture
def manager():
    return a_person("jingli", "园区经理", display_name="示例经理")


@pytest.fixture
def mine(manager):
    park = a_park(name_zh="我的园区")
    park.managers.add(manager)
    return park
