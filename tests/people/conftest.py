import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    """allauth counts tries in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def letters(mailoutbox):
    """Call it for the letters that are sent by now, worker and all."""
    from lms import outbox

    def sent():
        while outbox.work():
            pass
        return mailoutbox

    return sent
