"""What tests of several rooms share: the simulated demo case, made once a session, and the bundle that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnet_desktop.locations import models_folder
from apnet_desktop.simulation.demo_case import DemoCase, make_demo_case


@pytest.fixture(scope="session")
def demo_case(tmp_path_factory: pytest.TempPathFactory) -> DemoCase:
    """The simulated demo case, as a user's first start makes it."""
    return make_demo_case(tmp_path_factory.mktemp("demo") / "demo-case", lambda _: None)


@pytest.fixture(scope="session")
def shipped_bundle() -> Path:
    """Folder of the bundle that ships."""
    return models_folder() / "apnet-demo"
