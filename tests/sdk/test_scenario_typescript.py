"""The TypeScript client against the reference: node runs the compiled scenario."""

import pytest

from sdk.generate import NODE, run


@pytest.mark.usefixtures("compiled_typescript")
def test_the_scenario_holds(base_url: str) -> None:
    assert run("node", "js/node/scenario.js", folder=NODE, environment={"BASE_URL": base_url}).endswith("passed\n")
