"""From options to a run: the document, the settings, the target and the laws that they name."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .contract.document import Document
from .contract.reading import Fetch, fetched
from .discovery import asking, find_document, is_same_host
from .laws.catalogue import Catalogue
from .looking import looks
from .nearest import did_you_mean
from .options import Options, refuse_credentials
from .run import Run
from .selection import left_alone, selected_operations, selected_rules
from .target.config import Config, SetUpError
from .target.quick_look import parted, with_quick_look
from .target.replicas import other_addresses, processes_of
from .target.target import Target, find_config, is_url, refuse_strangers
from .target.unfit import refuse_unfit
from .wire.connection import Admission


def plan(options: Options, *, lays_over: bool = True) -> Run:
    """
    Return the run that options ask for; nothing is started, and a URL is asked for its document alone.

    The overlay of the settings is laid over the document, unless `lays_over` says that it is not.

    Raises SetUpError, DocumentError or CatalogueError for a mistake in what the user wrote.
    """
    require_files(options)
    config = find_config(options.target, options.config)
    others = other_addresses(options.target, options.others, config.replicas)
    processes = processes_of(options.target, options.replicas, config.replicas)
    for address in (options.target, *others):
        refuse_credentials(address)  # the settings may name one too
        if is_url(address):
            refuse_strangers(address, config, read_only=options.read_only)
    admission = Admission(options.connection)
    notices = [*config.notices, *about_replicas(options, others, processes)]
    place = options.document or settled_document(options, config)
    if place is None:
        place = options.found or discovered(options, admission)
        options = replace(options, found=place)  # the generator does not look for it again
        notices.append(f"the document is {place}")
    document = Document.load(
        place,
        options.overlay or (config.overlay if lays_over else None),
        fetch_with(options, config),
        # A file can be converted, and then its lines are shown; a service that shows its document cannot be asked to.
        takes_swagger=is_url(str(place)),
    ).served_at(options.target)
    config = with_quick_look(
        config, document.security, headers=options.headers, auth=options.auth, bearer=options.bearer
    )
    refuse_unfit(config, document)
    catalogue = catalogue_of(options, config)
    admission.add_to_every_request(config.headers)
    target = Target(options.target, config, document, admission, options.wait, others=others, processes=processes)
    run = Run(
        options,
        document,
        config,
        target,
        catalogue,
        selected=selected_operations(document.operations, options.operations, options.include, options.exclude),
        selected_rules=selected_rules(catalogue, options.rules, options.groups),
        notices=[*notices, *switched_off(config)],
        admission=admission,
        left_out=left_alone(document.operations, config.leave_alone, no_destructive=options.no_destructive),
    )
    if not looks(run):
        refuse_empty(run)
    return run


def about_replicas(options: Options, others: Sequence[str], processes: int) -> Iterator[str]:
    """Yield the line that says which addresses the requests of a run go to, where they are several."""
    in_turn = f"requests of one sender go to one after the other (--seed {options.seed})"
    if others:
        named = [f"BASE is {options.target}", *(f"BASE_{number} is {each}" for number, each in enumerate(others, 2))]
        yield f"{len(others) + 1} replicas: {in_turn}: {', '.join(named)}"
    if processes > 1:
        yield f"{processes} replicas of the target are started on the store that its settings name: {in_turn}"


def require_files(options: Options) -> None:
    """Raise SetUpError for a file of certificates that cannot be read."""
    if options.ca is None:
        return
    from .wire.certificates import authorities

    try:
        authorities(options.ca, verify=True)
    except OSError as problem:
        said = problem.strerror or "it holds no certificates in PEM"
        raise SetUpError(f"{options.ca}: cannot be read as certificates: {said}") from problem


def settled_document(options: Options, config: Config) -> Path | str | None:
    """
    Return the document of the settings, else the one that lies where it usually does.

    None means that a URL is to be asked. Raises SetUpError where the settings name a file that is not there.
    """
    place = config.document
    if isinstance(place, str) or place.is_file():
        if config.path is not None or not is_url(options.target):
            return place
    elif config.names_document or not is_url(options.target):
        raise SetUpError(f"{place}: there is no such document: name yours with --document FILE")
    return None


def discovered(options: Options, admission: Admission) -> str:
    """Return the URL at which the target shows its document; SetUpError where it shows none or does not answer."""
    from .target.instance import Instance

    admission.add_to_every_request(map(parted, options.headers))
    Instance(options.target.rstrip("/")).wait_until_ready(admission, options.wait)
    with asking(admission) as get:
        return find_document(options.target, get)


def fetch_with(options: Options, config: Config) -> Fetch:
    """Return what gets a document from a URL: with the certificates of the run, and the target's headers for the target."""
    headers = [*config.headers, *map(parted, options.headers)]

    def fetch(url: str) -> bytes:
        from .wire.certificates import authorities

        verify = authorities(options.ca, verify=options.verify)
        is_target = is_url(options.target) and is_same_host(url, options.target)
        return fetched(url, headers if is_target else (), verify)

    return fetch


def catalogue_of(options: Options, config: Config) -> Catalogue:
    """Return the laws of the version that the settings pin, those of the user's folders among them."""
    catalogue = Catalogue.with_own(map(Path, options.laws))
    if config.laws is not None:
        catalogue = catalogue.until(config.laws)
    for name in config.rules:
        if name not in catalogue:
            remedy = did_you_mean(name, [law.id for law in catalogue], "--list shows all")
            raise SetUpError(f"{config.path}: [rules] names {name}, and there is no such rule: {remedy}")
    catalogue.is_strict = options.strict_inference
    return catalogue


def switched_off(config: Config) -> Iterator[str]:
    """Yield a line for each law that the settings switch off or lower today."""
    for name, entry in sorted(config.rules.items()):
        if entry["until"] < datetime.date.today():
            continue
        does = "is switched off" if entry["level"] == "off" else f"counts as {entry['level']}"
        yield f"{name} {does} until {entry['until']}: {entry['reason']}"


def refuse_empty(run: Run) -> None:
    """Raise SetUpError where rules and operations are asked for that have nothing to do with each other."""
    if run.selected and run.selected_rules and not any(run.applies_somewhere(law) for law in run.laws()):
        rules = ", ".join(sorted(run.selected_rules))
        raise SetUpError(f"nothing is left to check: {rules} applies to none of the operations asked for")
