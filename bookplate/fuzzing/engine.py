"""The engine of schemathesis: neither it nor its configuration is public, so they are known here alone."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from ..contract.dialects import by_pattern
from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.predicates import has_cursors, has_input, is_plain
from ..target.config import SetUpError
from ..wire.connection import Admission, Connection
from ..wire.outcomes import NotChecked
from ..wire.replicas import Replicas
from ..wire.server_log import LogOf, nothing_printed
from .claims import is_claim
from .excuses import (
    excused,
    has_forbidden_parameter,
    parameters_in,
    proven,
    shows_credentials,
    takes_what_nobody_knows,
)
from .forms import reads_as_valid
from .guard import nobody_is_ended
from .identities import Identity, carried_to, credential_of, is_declared
from .plan import WALK, Pass
from .punctual import punctual
from .release import is_tried, other_release
from .strategies import strategies
from .turns import Turns

try:
    import schemathesis
    from schemathesis.config import ConfigError, SchemathesisConfig
    from schemathesis.core.failures import AcceptedNegativeData
    from schemathesis.core.parameters import ParameterLocation
    from schemathesis.engine import events, from_schema
    from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse
    from schemathesis.schemas import BaseSchema
    from schemathesis.wfc.escalation import EscalatingAuthProvider

    from . import readable, session
    from .evidence import Recorder
    from .tolerance import is_about_a_file, is_asked_for, is_conformant
except ImportError as problem:
    raise SetUpError(other_release(problem)) from problem

# What a valid request may be answered without its data being at fault. Server errors are not among it.
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "410", "423", "429"]
NO_HEADER = ["400", "401", "403", "404", "415", "422", "429"]
FEWEST_SCENARIOS = 10  # enough to walk every link of a journey at least once
FOR_ACCOUNTS = 3  # scenarios more where nobody is signed in yet, or accounts are used up: what leads there takes steps
# On average: some operations take seconds for a request, and hardly any needs so long for all of them.
SECONDS_AT_AN_OPERATION = 60
STEPS = 10  # of a scenario, so that it may go on from where a few tries got it
PHASES = ("examples", "coverage", "fuzzing", "stateful")
# They read an object as the caller who changed it, and throw-away accounts change between requests.
ONE_CALLER = ("use_after_free", "ensure_resource_availability")

HEADERS_ANYBODY_SENDS = st.fixed_dictionaries(
    {
        "Accept": st.sampled_from(["*/*", "application/json", "text/html;q=0.9, */*;q=0.1", "image/png"]),
        "Accept-Language": st.sampled_from(["en", "de-CH, de;q=0.9", "*", "ja;q=0"]),
        "X-Unknown": st.text("abcXYZ0189-", min_size=1, max_size=12),
    }
)


@dataclass(frozen=True)
class Tuning:
    """What is the same in every pass."""

    document: Document
    base_url: str
    seed: int
    examples: int
    work_dir: Path
    brief: bool = False  # no case for each boundary, and few walks
    admission: Admission = field(default_factory=lambda: Admission(Connection()))
    look_after_users: Callable[[], bool] = nobody_is_ended
    left_out: Collection[str] = ()
    log_of: LogOf = nothing_printed
    replicas: Replicas | None = None


def run_pass(tuning: Tuning, this: Pass, recorder: Recorder, progress: Callable[[str, int], None]) -> None:
    """
    Run the phases for the operations, and give each finished scenario to the recorder.

    Where the engine cannot go on, its operations are left out with the reason; those that others keep from their turn are
    tried one by one. Raises SetUpError where a release of schemathesis that was not tried lacks something.
    """
    try:
        run_phases(tuning, this, recorder, progress)
    except Exception as problem:
        if isinstance(problem, SetUpError):
            raise
        if isinstance(problem, AttributeError | TypeError | ConfigError) and not is_tried(schemathesis.__version__):
            raise SetUpError(other_release(problem)) from problem
        if len(this.operations) == 1 or this.phases == WALK:
            recorder.leave_out(this.operations, problem)
            return
        for operation_id in sorted(this.operations):
            run_pass(tuning, replace(this, operations=frozenset({operation_id})), recorder, progress)


def run_phases(tuning: Tuning, this: Pass, recorder: Recorder, progress: Callable[[str, int], None]) -> None:
    seconds = SECONDS_AT_AN_OPERATION * len(this.operations)
    session.use(tuning.admission, seconds, tuning.log_of, tuning.replicas)
    turns = Turns()
    turns.is_off = this.phases == WALK  # a walk is one scenario over several operations
    engine = from_schema(schema_of(tuning, this, turns))
    last = next(name for name in reversed(PHASES) if name in this.phases)
    whole: set[str] = set()
    for event in punctual(engine.execute(), tuning.admission):
        if isinstance(event, events.Interrupted):  # the engine ends the phase and goes on; the user meant the run
            raise KeyboardInterrupt
        recorder.take(event)
        if isinstance(event, events.ScenarioFinished):
            tuning.look_after_users()
            turns.finish(event.label or "")
            phase = event.phase.name.lower().replace("_testing", "")
            progress(f"{this.name}: {phase}", recorder.total)
            if phase == last != WALK[0]:  # a walk has scenarios over several operations, and several over each
                whole.update(recorder.labelled(event.label or ""))
            if recorder.has_enough:
                return
            if tuning.admission.closed:
                break
    if tuning.admission.closed:
        recorder.leave_out(this.operations - whole, NotChecked(tuning.admission.closed))


def schema_of(tuning: Tuning, this: Pass, turns: Turns) -> BaseSchema:
    """Return what the engine runs: the document with configuration, hooks and identity."""
    document = tuning.document
    config = SchemathesisConfig.from_dict(configuration(tuning, this))
    # A generator that meets an example repeats it, and the second copy of a unique value is a conflict.
    raw = document.for_generator(examples=this.phases == ("examples",))
    schema: BaseSchema = schemathesis.openapi.from_dict(raw, config=config)
    others = sorted({operation.id for operation in document.operations} - this.operations)
    if others:  # `include` has no effect beside a configuration per operation, `exclude` has
        schema = schema.exclude(operation_id=others)
    schema.hook("before_generate_case")(vary_the_only_case(document))
    if this.phases == WALK:
        schema.hook("before_generate_case")(leave_secrets_alone(document))
    schema.hook("filter_failure")(keep_unless_excused(document, is_anonymous=not (this.identities or this.signs)))
    schema.hook("after_call")(join_lines)
    if this.signs is not None:
        schema.auth.set_from_requests(this.signs)
    if this.identities:
        operations = {operation.id: operation for operation in document.operations}
        providers: list[Any] = [Identity(this.identities, name, operations, turns) for name in this.identities]
        names = list(this.identities)
        schema.auth.providers.append(EscalatingAuthProvider(providers, names, peers=tuple(names[:2])))
    return schema


def prepare_generators(work_dir: Path) -> None:
    """Register checks, and a strategy for each format, numbered anew, and keep the working directory clean."""
    set_hypothesis_home_dir(work_dir / "hypothesis")
    for name, strategy in strategies().items():
        schemathesis.openapi.format(name, strategy)
        schemathesis.openapi.format(by_pattern(name), strategy)
    readable.register()


def keep_unless_excused(document: Document, *, is_anonymous: bool) -> Callable[[Any, Any, Any, Any], bool]:
    """
    Return a hook that drops findings no standard supports, and those about content that our own check has found unreadable.

    So it does with rejections that no schema can foresee: left in, each would end a stateful suite. Where nobody is signed
    in, a request that shows credentials shows false ones.
    """
    operations = {operation.id: operation for operation in document.operations}
    served = {(operation.method, operation.path) for operation in document.operations}

    def keep(context: Any, failure: Any, case: Any, response: Any) -> bool:
        operation = operations.get(context.operation.definition.raw.get("operationId"))
        if readable.is_about_unread_content(failure, response) or is_about_a_file(failure, response, operation):
            return False
        is_about_form = isinstance(failure, AcceptedNegativeData) and is_in_content_alone(case)
        if operation and is_about_form and reads_as_valid(operation, case.media_type or "", case.body):
            return False
        if is_conformant(failure, response, context.operation.method, operation) or is_asked_for(
            failure, response.status_code, parameters_in(case), operation
        ):
            return False
        # An operation that is left out is documented all the same.
        if (
            isinstance(failure, UnsupportedMethodResponse)
            and (response.request.method, context.operation.path) in served
        ):
            return False
        if operation is None or not isinstance(failure, RejectedPositiveData):
            return True
        sent = parameters_in(case)
        is_known_as_valid = not takes_what_nobody_knows(operation)
        is_valid = is_known_as_valid and not has_forbidden_parameter(sent, operation)
        shows_false = is_anonymous and shows_credentials(sent, carried_to(operation, document))
        return is_valid and not shows_false and not excused(response.status_code, response.request, operation)

    return keep


def is_in_content_alone(case: Any) -> bool:
    """Tell whether nothing but its content was made to break the schema."""
    components = case.meta.components.items() if case.meta else ()
    return {place for place, component in components if component.mode.is_negative} == {ParameterLocation.BODY}


def join_lines(context: Any, case: Any, response: Any) -> None:
    session.join_lines(response.headers)


def vary_the_only_case(document: Document) -> Callable[[Any, Any], Any]:
    """Return a hook by which an operation without inputs is called with headers that must change nothing."""
    without_inputs = {operation.id for operation in document.operations if not has_input(operation)}

    def vary(context: Any, strategy: Any) -> Any:
        if context.operation.definition.raw.get("operationId") not in without_inputs:
            return strategy
        return st.tuples(strategy, HEADERS_ANYBODY_SENDS).map(with_headers)

    return vary


def leave_secrets_alone(document: Document) -> Callable[[Any, Any], Any]:
    """Return a hook that drops a new secret where the old one, which no generator knows, would have to prove it."""
    proofs = {operation.id: proven(operation) for operation in document.operations}

    def leave(context: Any, strategy: Any) -> Any:
        secrets = proofs.get(context.operation.definition.raw.get("operationId"))
        return strategy.map(lambda case: without(case, secrets)) if secrets else strategy

    return leave


def without(case: Any, names: Collection[str]) -> Any:
    if isinstance(case.body, dict):
        case.body = {name: value for name, value in case.body.items() if name not in names}
    return case


def with_headers(drawn: tuple[Any, dict[str, str]]) -> Any:
    case, headers = drawn
    case.headers.update(headers)
    return case


def configuration(tuning: Tuning, this: Pass) -> dict[str, Any]:
    """Return the configuration of one pass, tuned from the document alone."""
    return {
        "seed": tuning.seed,
        "base-url": tuning.base_url,
        "workers": 1,
        "continue-on-failure": True,
        **travel(tuning.admission.connection),
        "max-redirects": 0,  # a redirect is judged where it stands
        "suppress-health-check": ["all"],  # slow generation on a busy machine is no finding
        "cache": {"enabled": False},
        "output": {"sanitization": {"enabled": False}},  # reports redact with our own names for the tokens
        "generation": {
            "max-examples": tuning.examples,
            "deterministic": True,
            "database": "none",
            "allow-x00": False,  # NUL in content is malformed by contract, not merely invalid
            **credentials_made_up(this),
        },
        "auth": {"auto-signup": False},
        "phases": {name: phase(name, tuning, this) for name in PHASES},
        "operations": [
            {
                "include-operation-id": operation.id,
                "checks": checks(operation, this.signs is not None) | undeclared(operation, tuning, this),
                "generation": {"max-examples": cases(operation, tuning, this), **credentials_made_up(this)},
            }
            for operation in tuning.document.operations
        ],
    }


def credentials_made_up(this: Pass) -> dict[str, bool]:
    """
    Return whether the engine makes credentials up: only where nobody is signed in.

    Beside those of a user, an operation that takes one of several kinds would get false ones of the others too.
    """
    return {"with-security-parameters": not (this.identities or this.signs)}


def travel(connection: Connection) -> dict[str, Any]:
    """Return how requests travel, in the words of the engine's configuration."""
    headers = {"headers": dict(connection.headers)} if connection.headers else {}
    return {
        "request-timeout": connection.timeout,
        "tls-verify": connection.ca if connection.verify and connection.ca else connection.verify,
        **headers,
    }


def phase(name: str, tuning: Tuning, this: Pass) -> dict[str, Any]:
    if name == "coverage" and (tuning.admission.connection.read_only or tuning.left_out):
        # What the engine does not see it takes for undocumented, and would call it by its method.
        return {"enabled": name in this.phases and not tuning.brief, "unexpected-methods": []}
    if name != "stateful":
        return {"enabled": name in this.phases and not (tuning.brief and name == "coverage")}
    return {
        "enabled": name in this.phases,
        "inference": {"algorithms": []},  # links that the document declares are better than guessed ones
        "link-calibration": False,  # a link that was refused for a while would hardly be tried again
        "max-steps": STEPS,
        "generation": {
            "mode": "positive",
            "max-examples": scenarios(tuning, this),
        },
    }


def scenarios(tuning: Tuning, this: Pass) -> int:
    """Return how many walks of a journey to make: more where a walk spends a part of its steps on an account."""
    if tuning.brief:
        return 4
    usual = max(tuning.examples // 2, FEWEST_SCENARIOS)
    return usual if this.identities else usual + FOR_ACCOUNTS


def cases(operation: Operation, tuning: Tuning, this: Pass) -> int:
    """Return how many cases to make: few where each is refused, more where there is hardly an input."""
    if operation.secured and not (this.identities or this.signs):
        return max(tuning.examples // 4, 1)
    return tuning.examples * (2 if is_plain(operation) else 1)


def checks(operation: Operation, disposable: bool) -> dict[str, Any]:
    """Return what an operation may answer beyond the defaults, as its own responses and parameters declare it."""
    accepted = [*ACCEPTED, *accepted_beside(operation)]
    tuned: dict[str, Any] = {
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx"]},
        "positive_data_acceptance": {"expected-statuses": accepted},
        "missing_required_header": {"expected-statuses": [*NO_HEADER, *declared(operation, "428")]},
    }
    return tuned | ({name: {"enabled": False} for name in ONE_CALLER} if disposable else {})


def undeclared(operation: Operation, tuning: Tuning, this: Pass) -> dict[str, Any]:
    """Return what cannot be judged where a user shows something of which the operation does not speak."""
    shown = [credential_of(user, operation) for user in this.identities.values()]
    if not operation.security or all(is_declared(tuning.document, operation, each) for each in shown):
        return {}
    return {"ignored_auth": {"enabled": False}}


def accepted_beside(operation: Operation) -> Iterator[str]:
    """Yield the statuses that depend on what the server holds, where the document declares them."""
    yield from declared(operation, "412")
    # A value that is taken is a conflict, which many answer with 400. Whether it is one is asked afterwards.
    if has_cursors(operation) or is_claim(operation):
        yield "400"
    if operation.has_parameter("Idempotency-Key", "header"):
        yield "422"


def declared(operation: Operation, status: str) -> list[str]:
    return [status] if operation.documents(status) else []
