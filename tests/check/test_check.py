"""`assistant check` on journeys and texts: each mistake is found in the file and on the line where it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import cli
from assistant.check import check
from assistant.journeys.check import Finding
from assistant.settings import load_settings
from assistant.supervisor import free_port

ROOT = Path(__file__).parents[2]
Edit = Callable[[Path], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the real project's data without its examples, to make mistakes in."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("nlu"))
    shutil.copytree(ROOT / "actions", tmp_path / "actions")
    shutil.copy(ROOT / "domain.yml", tmp_path / "domain.yml")
    return tmp_path


def change(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(project: Path, file: str, text: str) -> int:
    lines = (project / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def found(project: Path, message: str) -> Finding:
    """The one finding with these words. Fails with all findings when there is none."""
    findings = check(project)
    matching = [each for each in findings if message in each.message]
    assert matching, "\n".join(str(each) for each in findings) or "nothing was found"
    return matching[0]


def test_that_the_project_itself_is_clean() -> None:
    assert [str(each) for each in check(ROOT)] == []


PAY = "data/journeys/pay_bill.yml"
MOVE = "data/journeys/move_visit.yml"
TV = "data/journeys/fix_tv_box.yml"


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "on"),
    [
        (PAY, "act: pay_bill", "act: pay_bil", "no action action_pay_bil", "act: pay_bil"),
        (PAY, "tell: utter_bill_paid", "tell: utter_bill_payed", "utter_bill_payed", "utter_bill_payed"),
        (PAY, "skill: billing", "skill: biling", "skill biling", "skill: biling"),
        (PAY, "collect: bill_id", "collect: bil_id", "The fact bil_id is not in", "collect: bil_id"),
        (PAY, "subject: bill_id", "subject: bill", "No step of pay_bill finds out bill", "subject: bill"),
        (PAY, "go: method_id", "go: methods", "no step methods", "go: methods"),
        (PAY, "title: {en: Pay my bill", "title: {de: Zahlen", "missing in language en", "title: {de"),
        (PAY, "abandoned_after: 30m", "abandoned_after: soon", "is not a time span", "abandoned_after"),
        (PAY, "changes: true", "chnges: true", "“chnges” is not a key", "chnges"),
        (TV, 'when: code = ok', 'when: code is fine', "is not a condition", "code is fine"),
        (PAY, "intents: [pay_bill]", "intents: [pay_bill, move_visit]", "already taken", "intents: ["),
        (MOVE, "reason: nothing_to_move", "go: visit_id", "Say why it was not achieved", "when_none"),
        (MOVE, "intents: [move_visit]", "intents: [moves]", "moves has no examples", "intents: [moves]"),
        ("data/rules/smalltalk.yml", "intent: greet", "intent: gret", "The rule is about gret", "gret"),
        (
            "data/responses/en/pay_bill.yml", "with {method}?", "with {metod}?", "{metod}", "{metod}",
        ),
    ],
)  # fmt: skip
def test_that_a_mistake_is_found_where_it_is(
    project: Path, file: str, old: str, new: str, message: str, on: str
) -> None:
    change(project, file, old, new)
    finding = found(project, message)
    assert (finding.level, finding.file) == ("error", file)
    assert finding.line == line_of(project, file, on)
    assert "\n" not in str(finding)


def test_that_a_response_missing_in_a_language_is_found(project: Path) -> None:
    change(project, "data/languages.yml", "languages: [en", "languages: [de, en")
    finding = found(project, "utter_bill_paid has no text in language de")
    assert finding.file == "data/responses/en/pay_bill.yml"


def test_that_a_text_the_product_itself_says_is_missed(project: Path) -> None:
    for file in sorted((project / "data" / "responses").glob("*/moves.yml")):
        change(project, str(file.relative_to(project)), "utter_in_doubt:", "utter_doubt:")
    assert found(project, "utter_in_doubt, which the product says").line > 1


def test_that_an_unreachable_step_is_found(project: Path) -> None:
    change(project, TV, "    when: restarted is known\n", "")
    change(
        project,
        TV,
        "when_yes: {tell: utter_fixed",
        "when_no: {go: wants_visit}\n    when_yes: {tell: utter_fixed",
    )
    change(project, TV, "when_no: {go: test_signal}", "when_no: {go: restart_helped}")
    change(
        project,
        TV,
        "declined: {tell: utter_restart_not_possible, go: test_signal}",
        "declined: {offer: person}",
    )
    finding = found(project, "The step test_signal can never be reached")
    assert finding.line == line_of(project, TV, "act: test_signal")


def test_that_steps_that_go_round_for_ever_are_found(project: Path) -> None:
    change(project, MOVE, "{tell: utter_no_slots, offer: person, reason: policy}", "{go: list_visits}")
    change(project, MOVE, "  - collect: visit_id", "  - collect: visit_id\n    when: visits is unknown")
    finding = found(project, "can go round for ever")
    assert finding.line == line_of(project, MOVE, "act: list_slots")


def test_that_a_change_without_a_confirmation_is_found(project: Path) -> None:
    change(project, MOVE, "  - confirm: utter_confirm_move", "  - tell: utter_confirm_move")
    change(project, MOVE, "    when_no: {forget: [date, time_window], go: slot_id}\n", "")
    finding = found(project, "no step asks for a confirmation")
    assert finding.line == line_of(project, MOVE, "changes: true")


def test_that_a_file_that_is_no_yaml_is_a_finding_and_not_a_crash(project: Path) -> None:
    (project / "data" / "journeys" / "bad.yml").write_text("journey: [\n", encoding="utf-8")
    (project / "data" / "responses" / "en" / "bad.yml").write_text("a: b: c\n", encoding="utf-8")
    files = {each.file for each in check(project)}
    assert {"data/journeys/bad.yml", "data/responses/en/bad.yml"} <= files


@pytest.mark.parametrize(
    "file", [PAY, "data/responses/en/pay_bill.yml", "data/rules/smalltalk.yml", "domain.yml"]
)
def test_that_a_file_that_is_not_utf_8_is_found_with_the_byte(project: Path, file: str) -> None:
    path = project / file
    line = len(path.read_bytes().splitlines()) + 1
    path.write_bytes(path.read_bytes() + "# caffè\n".encode("latin-1"))
    finding = found(project, "0xE8, is not UTF-8")
    assert (finding.level, finding.file, finding.line) == ("error", file, line)
    assert "byte 7 of this line" in finding.message


def test_that_a_missing_slot_is_found(project: Path) -> None:
    change(project, "domain.yml", "  journey:\n    type", "  jorney:\n    type")
    assert found(project, "The slot journey is missing").file == "domain.yml"


@pytest.mark.parametrize(
    "content", ["", "- a\n- b\n", "journey: x\nsteps: none\n", "journey: x\nsteps: [1]\n"]
)
def test_that_odd_definitions_are_findings_and_not_crashes(project: Path, content: str) -> None:
    (project / "data" / "journeys" / "odd.yml").write_text(content, encoding="utf-8")
    assert any(each.file == "data/journeys/odd.yml" for each in check(project))


MISTAKES: dict[str, tuple[list[tuple[str, str, str]], str, str]] = {
    "a wrong key": ([(PAY, "changes: true", "chnges: true")], PAY, "chnges"),
    "a cycle": (
        [
            (MOVE, "{tell: utter_no_slots, offer: person, reason: policy}", "{go: list_visits}"),
            (MOVE, "  - collect: visit_id", "  - collect: visit_id\n    when: visits is unknown"),
        ],
        MOVE,
        "act: list_slots",
    ),
    "a step nobody reaches": (
        [
            (TV, "    when: restarted is known\n", ""),
            (
                TV,
                "when_yes: {tell: utter_fixed",
                "when_no: {go: wants_visit}\n    when_yes: {tell: utter_fixed",
            ),
            (TV, "when_no: {go: test_signal}", "when_no: {go: restart_helped}"),
            (
                TV,
                "declined: {tell: utter_restart_not_possible, go: test_signal}",
                "declined: {offer: person}",
            ),
        ],
        TV,
        "act: test_signal",
    ),
    "a reference to nothing": ([(PAY, "go: method_id", "go: methods")], PAY, "go: methods"),
    "two that claim one intent": (
        [(PAY, "intents: [pay_bill]", "intents: [pay_bill, move_visit]")],
        PAY,
        "intents: [pay_bill, move_visit]",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", ["check", "serve"])
def test_that_a_definition_with_a_mistake_is_refused_by_check_and_at_start_with_file_and_line(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    mistake: str,
) -> None:
    settings = load_settings(data_dir=project / "var", port=free_port()).model_copy(update={"root": project})
    monkeypatch.setattr(cli, "_settings", lambda **given: settings)
    monkeypatch.setattr(cli, "_train", lambda settings: pytest.fail("it was not refused"))
    monkeypatch.setattr("sys.argv", ["assistant", command])
    changes, file, on = MISTAKES[mistake]
    for each in changes:
        change(project, *each)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert f"{file}:{line_of(project, file, on)}: error" in capsys.readouterr().err
