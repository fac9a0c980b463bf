"""Answers from the company's own help pages: quoted with their address, or honestly none."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from actions.company import CompanyClient, CompanyError, Failed, current
from actions.contract import Call, CompanyAction, Done
from assistant.help.centre import CannotFetch, Fetched, HelpCentre
from assistant.help.pages import Pages

ROOT = Path(__file__).parents[1]

_centre: HelpCentre | None = None
_lock = threading.Lock()


def fetch_pages(language: str, etag: str | None) -> Fetched:
    """The company's pages in that language, unless they are those of `etag`. Raises CannotFetch."""
    try:
        pages, new = current().get_changed("/help/pages", Pages, {"language": language}, etag)
    except CompanyError as error:
        raise CannotFetch(error.code) from error
    return Fetched(pages, new)


def make_centre(folder: Path) -> HelpCentre:
    """A help centre that keeps its pages in that folder."""
    from assistant.help.meaning import encode_meaning

    return HelpCentre.from_files(fetch_pages, folder, encode_meaning, time.monotonic, ROOT)


def configure(centre: HelpCentre | None) -> None:
    """Sets the help centre that the actions use. None forgets it."""
    global _centre
    with _lock:
        _centre = centre


def help_centre() -> HelpCentre:
    """The configured one, else one that keeps its pages in HELP_FOLDER or var/help."""
    global _centre
    with _lock:
        if _centre is None:
            _centre = make_centre(Path(os.environ.get("HELP_FOLDER", "var/help")))
        return _centre


class FindHelp(CompanyAction):
    """The passage that answers the customer's words, and the next best one."""

    action_name = "action_find_help"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `help_text`, `help_title`, `help_url`, `help_page`, and `more_…` of the next best passage.

        Nothing is output when no passage is good enough; `code` is found or none.
        """
        words = call.optional("words")
        if words is None:
            return Done(code="none")
        try:
            found = help_centre().answers(words, call.language, limit=2)
        except CannotFetch as error:
            raise Failed(str(error)) from error
        outputs: dict[str, str] = {}
        for prefix, each in zip(("help", "more"), found, strict=False):
            outputs[f"{prefix}_text"] = each.passage.text
            outputs[f"{prefix}_title"] = each.passage.heading
            outputs[f"{prefix}_url"] = each.passage.url
        if found:
            outputs["help_page"] = found[0].page.page_id
        return Done(outputs, code="found" if found else "none")
