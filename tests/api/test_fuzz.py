"""Anything may be sent: no answer is a 500, and every answer is one that the description foresees."""

import pytest

pytestmark = pytest.mark.service
