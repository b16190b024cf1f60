from tests.conftest import ROOT


def test_source_roots_are_no_packages() -> None:
    assert not (ROOT / "constructs/__init__.py").exists()
    assert not (ROOT / "envoy/__init__.py").exists()
