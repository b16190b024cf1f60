import random

import pytest


@pytest.fixture
def block() -> str:
    """Three quarters of a loopback address, for whatever a test starts."""
    return f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
