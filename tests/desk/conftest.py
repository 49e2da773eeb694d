"""The people who handle enquiries."""

import pytest
from factories import a_person


@pytest.fixture
def agent():
    return a_person("zhuanyuan", "招商专员", display_name="专员")


@pytest.fixture
def other():
    return a_person("tongshi", "招商专员", display_name="同事")


@pytest.fixture
def lead():
    return a_person("zhuguan", "招商主管", display_name="主管")
