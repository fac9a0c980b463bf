"""What the documents say is there: links lead somewhere, commands and options exist, examples work."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main

from assistant.check import check
from assistant.cli import app
from assistant.handoff.packet import Packet
from assistant.journal.events import REGISTRY
from assistant.journal.tables import metadata
from assistant.journeys.definitions import Branch, Definition, Definitions, Fact, HandoffRoute, Step, Then
from assistant.journeys.metrics import FORMULAS, Tally
from assistant.journeys.outcomes import OUTCOMES
from assistant.settings import Settings
from assistant.staff.staff import ROLES
from tests.journeys.dialogue import Dialogue, ok

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```|^    .*?$", re.S | re.M)
COMMAND = re.compile(r"^(?:uv run )?assistant ([a-z]+(?: [a-z]+)?)(.*)$")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z](?![\w-])")
# Of other programs that the documents call.
FOREIGN_OPTIONS = {"--cors", "--no-deps"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


def commands() -> dict[str, Any]:
    """All commands that do something, by what one types: `serve`, `token create`."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {f"{name} {each}": below[each] for each in below} if below else {name: command}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_that_every_link_leads_somewhere(document: Path) -> None:
    dead = []
    for target in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_that_no_machine_is_named(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.}/-])/(?:work|root|tmp|home|Users|mnt)/\S*", text) == []


def code_of(text: str) -> list[str]:
    """The lines of blocks of code, and the spans of code: where commands stand."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    indented = "\n".join(re.findall(r"^ {4}(.*)$", rest, re.M))
    blocks = "\n".join([*fenced, indented]).replace("\\\n", " ")
    return [*blocks.splitlines(), *re.findall(r"`([^`\n]+)`", rest)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_that_every_command_and_option_named_exists(document: Path) -> None:
    known = commands()
    every_option = set().union(*map(options_of, known.values())) | FOREIGN_OPTIONS
    for line in code_of(document.read_text(encoding="utf-8")):
        script = re.search(r"\w+\.py(?= )", line)
        if script is not None and OPTION.search(line):
            benchmark = text_of(f"benchmarks/{script[0]}")
            assert all(f'"{option}"' in benchmark for option in OPTION.findall(line)), line
            continue
        called = COMMAND.search(line)
        if called is None:
            assert set(OPTION.findall(line)) <= every_option, line
            continue
        words, rest = called[1].split(), called[2]
        if words[0] == "rasa":
            continue
        name = " ".join(words) if " ".join(words) in known else words[0]
        assert name in known, line
        assert set(OPTION.findall(rest)) <= options_of(known[name]), line


def test_that_every_command_is_in_the_readme() -> None:
    listed = text_of("README.md") + text_of("docs/operations.md")
    assert [name for name in commands() if f"assistant {name}" not in listed] == []


def test_that_every_setting_is_documented() -> None:
    text = text_of("docs/operations.md")
    set_by_ourselves = {"root", "company_control_url"}
    names = set(Settings.model_fields) - set_by_ourselves
    assert [name for name in sorted(names) if f"`ASSISTANT_{name.upper()}`" not in text] == []
    variables = set(re.findall(r"ASSISTANT_([A-Z_]+)\b", "".join(d.read_text() for d in DOCUMENTS)))
    assert {name.lower() for name in variables} <= set(Settings.model_fields)


def test_that_every_role_is_documented() -> None:
    text = text_of("docs/operations.md")
    assert [role for role in ROLES if f"| `{role}` |" not in text] == []


def test_that_every_event_and_table_is_in_the_architecture() -> None:
    text = text_of("docs/architecture.md")
    assert [name for name in REGISTRY if f"`{name}`" not in text] == []
    tables = set(metadata.tables) - {"streams", "events"}
    assert [name for name in sorted(tables) if f"`{name}`" not in text] == []


def test_that_every_event_in_the_architecture_exists_and_its_personal_fields_are_marked() -> None:
    rows = re.findall(r"^\| (`[a-z_.`, ]+`) \| (.*) \|$", text_of("docs/architecture.md"), re.M)
    for names, says in rows:
        events = re.findall(r"`([a-z_]+\.[a-z_]+)`", names)
        for name in events:
            assert name in REGISTRY, name
        if len(events) == 1:
            kind = REGISTRY[events[0]]
            fields = kind.__dataclass_fields__.values()
            assert any(f.metadata.get("personal") for f in fields) == ("•" in says), events[0]


def test_that_the_tests_named_as_proof_exist() -> None:
    for document in DOCUMENTS:
        for name in re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)`", document.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), f"{document.name}: {name}"


@pytest.mark.parametrize("model", [Definition, Step, Then, Branch, HandoffRoute, Fact])
def test_that_every_key_of_a_journey_is_documented(model: Any) -> None:
    text = text_of("docs/journeys.md")
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert [key for key in sorted(keys) if not re.search(rf"[`{{ ]{re.escape(key)}[`:, }}]", text)] == []


def test_that_every_part_of_the_packet_is_documented() -> None:
    text = text_of("docs/packet.md")
    assert [name for name in Packet.model_fields if not re.search(rf"[` ]{name}[`,?]", text)] == []


def test_that_every_figure_and_outcome_is_documented() -> None:
    text = text_of("docs/outcomes.md")
    found = Tally().totals()
    named_in_formulas = {name for key in FORMULAS for name in key.split(", ")}
    for name in (*found, *named_in_formulas, *OUTCOMES):
        short = name.removeprefix("achieved")
        assert f"`{name}`" in text or (short != name and f"`{short}`" in text), name


def readme_example() -> dict[str, str]:
    """The files of the README's top task, by path."""
    blocks = re.findall(r"`((?:data|actions)/[\w./]+)`[^\n]*(?:\n[^\n`]*)?\n\n```\w+\n(.*?)^```", text_of("README.md"), re.S | re.M)  # fmt: skip # noqa: E501
    return dict(blocks)


@pytest.fixture
def with_example(tmp_path: Path) -> Path:
    """A copy of the project in which somebody followed the README."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copytree(ROOT / "actions", tmp_path / "actions")
    shutil.copy(ROOT / "domain.yml", tmp_path / "domain.yml")
    example = readme_example()
    assert len(example) == 5
    for name, content in example.items():
        path = tmp_path / name
        path.write_text((path.read_text() if path.exists() else "") + content, encoding="utf-8")
    (tmp_path / "data" / "languages.yml").write_text("languages: [en]\n", encoding="utf-8")
    return tmp_path


def test_that_the_readmes_top_task_passes_the_check(with_example: Path) -> None:
    assert [str(each) for each in check(with_example) if each.level == "error"] == []


def test_that_the_readmes_top_task_is_done(with_example: Path) -> None:
    dialogue = Dialogue(definitions=Definitions.load(with_example / "data" / "journeys"))
    dialogue.answers["action_show_package"] = ok({"package": "TV Plus"})
    dialogue.say("which package do I have", "show_package")
    assert dialogue.ran == ["action_show_package"]
    assert dialogue.said == ["utter_your_package", "utter_did_that_help"]
    assert dialogue.args["utter_your_package"]["package"] == "TV Plus"
    dialogue.press("Yes")
    assert dialogue.outcomes() == [("show_package", "achieved", "customer", None)]
