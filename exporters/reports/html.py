"""The HTML part: tables and inline styles, as mail readers understand them; nothing from outside.

Every text is escaped. The one style sheet is for dark mode and telephones; readers that leave it
out show the same in light colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from exporters.reports.document import Document

_TEMPLATE = Path(__file__).with_name("mail.html")


def html_of(document: Document, pictures: Mapping[str, str]) -> str:
    """Return the document as HTML; ``pictures`` has the content id of each plot there is.

    A plot that is not there is told in words.
    """
    return _template().render(document=document, pictures=pictures)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=False, auto_reload=False
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
