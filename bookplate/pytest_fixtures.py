"""The fixtures that a law may ask for."""

import pytest
from _pytest.fixtures import FixtureFunctionDefinition

from .contract.document import Document
from .contract.operation import Operation
from .fixtures.collection import Collection
from .fixtures.quotas import Quotas
from .fixtures.resources import Resources
from .fixtures.samples import Samples
from .fixtures.session import Clock, Session
from .fixtures.users import Users
from .laws.generated import Coverage, GeneratedRequests
from .laws.law import DocumentLaw, law_of
from .run import Run
from .target.config import Config
from .wire.client import Client

RUN = pytest.StashKey[Run]()


@pytest.fixture(name="run", scope="session")
def _run(pytestconfig: pytest.Config) -> Run:
    """The run: its options, its catalogue of laws and its sessions. Laws ask for the narrower fixtures below."""
    return pytestconfig.stash[RUN]


@pytest.fixture(name="document", scope="session")
def _document(run: Run) -> Document:
    """The OpenAPI document that the target is checked against."""
    return run.document


@pytest.fixture(name="config", scope="session")
def _config(run: Run) -> Config:
    """The settings of the target, as its bookplate.toml declares them."""
    return run.config


@pytest.fixture(name="operation")
def _operation() -> Operation:
    """The operation that the law is tried on: each one that it applies to, one after the other."""
    raise AssertionError("the plugin gives each law its operations")


@pytest.fixture(name="tried_operations")
def _tried_operations(request: pytest.FixtureRequest, run: Run) -> tuple[Operation, ...]:
    """The operations that the law is tried on in this run, for what needs no more than one of them."""
    law = law_of(request.function)
    assert law is not None
    return tuple(run.operations(law))


@pytest.fixture(name="session")
def _session(request: pytest.FixtureRequest, run: Run) -> Session:
    """The instance that the law is tried on, as its `needs` say, with all that belongs to it."""
    law = law_of(request.function)
    assert law is not None
    assert not isinstance(law, DocumentLaw), "a document law touches no target"
    return run.session_for(law)


@pytest.fixture(name="client")
def _client(session: Session) -> Client:
    """Sends requests to the instance, from any loopback address, and waits out a 429."""
    return session.client


@pytest.fixture(name="users")
def _users(session: Session) -> Users:
    """The users of the instance: two peers, an admin where there is one, and disposable ones."""
    return session.users


@pytest.fixture(name="resources")
def _resources(session: Session) -> Resources:
    """Makes, finds, reads and changes resources, as users who may."""
    return session.resources


@pytest.fixture(name="samples")
def _samples(session: Session) -> Samples:
    """Valid content for every operation, with values of its own where they must be unique."""
    return session.samples


@pytest.fixture(name="collection")
def _collection(operation: Operation, resources: Resources) -> Collection:
    """The paged list that the operation shows: it can be planted and walked."""
    return Collection(operation, resources)


@pytest.fixture(name="quotas")
def _quotas(operation: Operation, tried_operations: tuple[Operation, ...], resources: Resources) -> Quotas:
    """The rate limits of the operation, and callers that have spent nothing of them."""
    return Quotas(operation, resources, tried_operations)


@pytest.fixture(name="clock")
def _clock(run: Run) -> Clock:
    """The clock of an instance, which can be moved where the suite started the target."""
    return Clock(lambda: run.documented)


@pytest.fixture(name="coverage")
def _coverage(run: Run, operation: Operation) -> Coverage:
    """What was generated for the operation and seen of it."""
    return run.judging.coverage(operation)


@pytest.fixture(name="generated_requests")
def _generated_requests(request: pytest.FixtureRequest, run: Run, operation: Operation) -> GeneratedRequests:
    """What schemathesis found of the law at the operation."""
    law = law_of(request.function)
    assert law is not None
    return GeneratedRequests(run.judging.judged(law, operation))


NAMES = {each.name for each in [*vars().values()] if isinstance(each, FixtureFunctionDefinition)}
