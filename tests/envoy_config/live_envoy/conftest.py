import random

import pytest


@pytest.fixture
def block() -> str:
    """The first three parts of a random loopback address, for the processes of a test."""
    return f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
