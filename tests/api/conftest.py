import pytest

from fixtures import *  # noqa: E402,F401,F403


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120))
