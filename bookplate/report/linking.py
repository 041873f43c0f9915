"""What pages of HTML have in common: values are text, sources are links, and a policy allows their own style and script."""

import base64
import hashlib
import re

from markupsafe import Markup, escape

from .terminal import printable

OWN = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
RFC = re.compile(r"RFC (\d+)(?:, sections? ([\d.]*\d))?")


def visible(value: object) -> object:
    """Return a value with its control characters and changes of direction written as escapes."""
    return value if isinstance(value, Markup) else printable(str(value))


def linked(source: str) -> Markup:
    """Return the source of a law with links to the sections of its RFCs."""
    return Markup(RFC.sub(link, str(escape(printable(source)))))


def link(found: re.Match[str]) -> str:
    number, section = found.groups()
    anchor = f"#section-{section}" if section else ""
    return f'<a href="https://www.rfc-editor.org/rfc/rfc{number}{anchor}">{found.group()}</a>'


def policy(source: str) -> str:
    """Return the policy that allows the style and the script of a template, and nothing else."""
    allowed = " ".join(
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}';"
        for kind, text in OWN.findall(source)
    )
    return f"default-src 'none'; {allowed} base-uri 'none'; form-action 'none'"
