"""From options to a run: the document, the settings, the target and the laws that they name."""

from pathlib import Path

from .contract.document import Document
from .laws.catalogue import Catalogue
from .options import Options
from .run import Run
from .target.config import SetUpError
from .target.target import Target, find_config


def plan(options: Options) -> Run:
    """
    Return the run that options ask for; nothing is started.

    Raises SetUpError, DocumentError or CatalogueError for a mistake in what the user wrote.
    """
    config = find_config(options.target, options.config)
    if not options.document and not config.document.is_file():
        raise SetUpError(f"{config.document}: there is no such document: name yours with --document FILE")
    document = Document.load(options.document or config.document, options.overlay or config.overlay)
    catalogue = Catalogue.with_own(map(Path, options.laws))
    if config.laws is not None:
        catalogue = catalogue.until(config.laws)
    refuse_unknown(options, document, catalogue)
    return Run(options, document, config, Target(options.target, config, document), catalogue)


def refuse_unknown(options: Options, document: Document, catalogue: Catalogue) -> None:
    """Raise SetUpError or DocumentError for a law, a group or an operation that there is none of."""
    for law_id in options.rules:
        if law_id not in catalogue:
            raise SetUpError(f"there is no rule {law_id}: --list shows all")
    for operation in options.operations:
        document.operation(operation)
    groups = {law.group for law in catalogue}
    if options.group is not None and options.group not in groups:
        raise SetUpError(f"there is no group {options.group}: groups are {', '.join(sorted(groups))}")
