"""The map at the top of the package: it names every module that is no provider's own, and none that is not there."""

import re
from pathlib import Path

import trend_platform.providers

PACKAGE = Path(trend_platform.providers.__file__).parent
# Names of files inside of the folders.
INSIDE = {"provider", "source"}


def test_the_map_names_every_shared_module_and_nothing_else() -> None:
    named = set(re.findall(r"`(\w+)`", trend_platform.providers.__doc__ or ""))
    assert named - INSIDE == {module.stem for module in PACKAGE.glob("*.py")} - {"__init__"}
