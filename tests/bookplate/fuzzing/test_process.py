"""The generator's process brings its result back whole, with its progress, or with what kept it from its end."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from bookplate.fuzzing.process import GeneratorProcess, as_order, from_order
from bookplate.laws.generated import FuzzingResult
from bookplate.laws.verdict import Finding, Verdict
from bookplate.options import Options
from bookplate.target.config import SetUpError
from bookplate.target.instance import Instance

RESULT = FuzzingResult(
    findings=[Finding("ROBUST-01", "create_shelf", Verdict.FAILED, observed="500")],
    cases=Counter(create_shelf=7),
    observed=Counter({("create_shelf", 201, "application/json"): 3}),
    generated_2xx=Counter(create_shelf=3),
    judged=Counter({("ROBUST-01", "create_shelf"): 7}),
    secrets={"token-of-somebody": "$TOKEN"},
    problems={"get_shelf": "no requests could be generated: ValueError: an odd pattern"},
    doubted={("SCHEMA-04", "get_shelf"): "refused requests with a parameter that breaks its schema (page): 2"},
)


def process(tmp_path: Path, script: str) -> GeneratorProcess:
    """Start a generator that does what a script says."""
    options = Options("impl:create_app")
    return GeneratorProcess(options, Instance("http://127.0.0.1:9"), tmp_path, (sys.executable, "-c", script))


def test_the_result_comes_back_whole(tmp_path: Path) -> None:
    said = [{"progress": ["generating", 7]}, {"result": RESULT.as_json()}]
    progress: list[tuple[str, int]] = []

    generator = process(tmp_path, f"print({chr(10).join(map(json.dumps, said))!r})")
    result = generator.result(lambda what, count: progress.append((what, count)))
    generator.stop()

    assert progress == [("generating", 7)]
    assert result == RESULT


def test_the_order_reaches_the_generator(tmp_path: Path) -> None:
    script = (
        "import json, sys; order = json.load(sys.stdin); print(json.dumps({'problem': order['options']['target']}))"
    )
    generator = process(tmp_path, script)

    with pytest.raises(SetUpError, match="impl:create_app"):
        generator.result(lambda what, count: None)
    generator.stop()


def test_a_process_that_dies_says_what_it_said_last(tmp_path: Path) -> None:
    generator = process(tmp_path, "import sys; sys.exit('there is no more memory')")

    result = generator.result(lambda what, count: None)
    generator.stop()

    [error] = result.findings
    assert error.verdict is Verdict.ERROR
    assert "ended before its work: there is no more memory" in error.reason
    assert result.unfinished == error.reason


def test_work_can_be_broken_off(tmp_path: Path) -> None:
    generator = process(tmp_path, "while True: pass")

    generator.stop()

    assert generator.process.poll() is not None


def test_an_instance_survives_the_way_to_another_process(tmp_path: Path) -> None:
    ours = Instance("http://127.0.0.1:9/api", tmp_path, is_ours=True, environment={"SECRET": "s"})
    ours.replicas = (Instance("http://127.0.0.1:10/api", tmp_path, is_ours=True),)

    found = from_order(json.loads(json.dumps(as_order(ours))))

    assert (found.url, found.work, found.is_ours) == (ours.url, tmp_path, True)
    assert found.environment == ours.environment
    assert found.addresses == ours.addresses


def test_a_document_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    options = Options("impl:create_app", document=str(tmp_path / "no-such.yaml"))
    generator = GeneratorProcess(options, Instance("http://127.0.0.1:9"), tmp_path)

    with pytest.raises(SetUpError, match=r"no-such\.yaml: cannot be read"):
        generator.result(lambda what, count: None)
    generator.stop()
