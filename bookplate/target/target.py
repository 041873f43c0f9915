"""The target: what the user named, and the instances of it that rules and campaign work on."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from ..contract.document import Document
from ..wire.connection import Admission, Connection
from ..wire.replicas import origin_of
from .config import Config, SetUpError
from .instance import Instance, start, start_replica
from .settings_file import NAME


class Target:
    """
    An import string, a command template or a URL.

    The first two are started by the suite, once for the campaign, once for the experiments (both
    with limits relaxed) and once as the document stands. A URL, or a command that does not take
    {document}, is one instance as it stands. `wait` is how many seconds a URL may take to answer.

    `others` are the addresses of its replicas where it is a URL, `processes` how many servers of each instance the suite
    starts where it starts them.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        document: Document,
        admission: Admission | None = None,
        wait: float = 0,
        *,
        others: Sequence[str] = (),
        processes: int = 1,
    ) -> None:
        self.name = name
        self.others = tuple(others)
        self.processes = processes
        self.admission = admission or Admission(Connection())
        self.wait = wait
        self.config = config
        self.document = document
        self.is_url = is_url(name)
        self.command = name if is_command(name) else f"{{python}} -m bookplate.target.serve {name} --port {{port}}"
        takes_document = "{document}" in self.command + "".join(config.environment.values())
        self.is_single = self.is_url or (is_command(name) and not takes_document)
        self.launched: dict[str, Instance] = {}
        self.logs: Path | None = None  # the folder that keeps what servers print; else it goes when they end

    def launch(self, name: str) -> Instance:
        """
        Return an instance, started if need be, without waiting for it.

        `documented` has the limits as documented and a clock that can be moved, all others have relaxed limits.
        """
        name = "documented" if self.is_single else name
        if name not in self.launched:
            self.launched[name] = self._server() if self.is_url else self._start(name)
        return self.launched[name]

    def is_documented(self, name: str) -> bool:
        """Tell whether an instance has the limits of the document, or those that the target has by itself."""
        return self.is_single or name == "documented"

    def adopt(self, name: str, instance: Instance) -> None:
        """Use an instance that another process has started and will stop."""
        self.launched["documented" if self.is_single else name] = instance

    def ready(self, name: str) -> Instance:
        """Return an instance that answers; raise SetUpError where it does not."""
        instance = self.launch(name)
        instance.wait_until_ready(self.admission, self.wait)
        return instance

    def _server(self) -> Instance:
        first, *others = (Instance(f"{origin_of(url)}{self.document.base_path}") for url in (self.name, *self.others))
        first.replicas = tuple(others)
        return first

    def _start(self, name: str) -> Instance:
        if "{port}" not in self.command:
            raise SetUpError(
                f"the command '{self.name}' does not say {{port}}: the suite has to tell it where to listen"
            )
        clock = name == "documented"
        log = self.logs / f"{name}.log" if self.logs is not None else None
        document = self._document_of(name)
        first = start(self.command, self.document.base_path, document, self.config.environment, clock=clock, log=log)
        return self._with_replicas(first)

    def start_at(self, name: str, port: int) -> Instance:
        """
        Return an instance at a port, started with the clock of this machine; what it prints goes to the error stream.

        Its replicas have the ports behind that one.
        """
        document, environment = self._document_of(name), self.config.environment
        first = start(
            self.command,
            self.document.base_path,
            document,
            environment,
            clock=False,
            port=port,
            is_heard=True,
        )
        return self._with_replicas(first, port)

    def _with_replicas(self, first: Instance, port: int | None = None) -> Instance:
        """Let the other servers of an instance start once it answers, at the ports behind its own where that is given."""
        if self.processes < 2:
            return first
        base_path, environment = self.document.base_path, self.config.environment

        def replica(number: int) -> Instance:
            own = None if port is None else port + number - 1
            return start_replica(first, self.command, base_path, environment, port=own, number=number)

        first.start_replicas = lambda: tuple(map(replica, range(2, self.processes + 1)))
        return first

    def _document_of(self, name: str) -> str:
        """Return the text of the document that an instance serves, with what an overlay has added."""
        raw = self.document.plain() if name == "documented" else self.document.relaxed()
        return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True)

    def stop(self) -> None:
        for instance in self.launched.values():
            instance.stop()


def is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def is_command(name: str) -> bool:
    return " " in name or "/" in name or "{" in name


def refuse_strangers(url: str, config: Config, *, read_only: bool) -> None:
    """Raise SetUpError for a host that may not be asked; nothing has been sent or resolved by then."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host) or config.disposable or (read_only and host in config.hosts):
        return
    if read_only:
        raise SetUpError(
            f'{host or url} is not this machine: write `hosts = ["{host}"]` in {NAME} if it may be read from'
        )
    raise SetUpError(
        f"{host or url} is not this machine, and the suite writes, deletes and floods: say `disposable = true` in "
        f"{NAME} if it may be ruined, or name it under `hosts` and check with --read-only"
    )


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_config(name: str, given: str | None) -> Config:
    """Return the settings of a target: the file given, the package's own, those of the current folder, or none."""
    if given:
        return Config.read(Path(given))
    if is_command(name):
        return Config.found_in(Path())
    package = Path(name.partition(":")[0].replace(".", "/"))
    return Config.found_in(package, package.parent, Path())
