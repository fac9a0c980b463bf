"""What the command line makes of what is typed, before any command does its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import cli


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of `assistant` with these arguments."""
    monkeypatch.setattr("sys.argv", ["assistant", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_that_options_without_a_command_are_those_of_serve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "--port", "0", "--company-url", "ftp://x", "--data-dir", str(tmp_path)) == 2
    assert "--company-url must begin with http" in " ".join(capsys.readouterr().err.split())


def test_that_help_alone_lists_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    for name in ("serve", "train", "check", "rebuild", "export", "erase", "token", "staff", "demo", "rasa"):
        assert f" {name} " in shown


@pytest.mark.parametrize(
    ("given", "model_named"),
    [
        (["shell"], True),
        (["run", "--enable-api"], True),
        (["run", "actions"], False),
        (["shell", "-m", "mine.tar.gz"], False),
        (["test", "nlu"], False),
        ([], False),
    ],
)
def test_that_rasa_is_given_our_model_where_it_needs_one(
    tmp_path: Path, given: list[str], model_named: bool
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "abc.tar.gz").touch()
    made = cli.with_model(given, tmp_path / "models", ours)
    assert made == ([*given, "--model", str(ours)] if model_named else given)


def test_that_a_model_of_rasa_train_comes_first(tmp_path: Path) -> None:
    for folder in ("models", "ours"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "abc.tar.gz").touch()
    assert cli.with_model(["shell"], tmp_path / "models", tmp_path / "ours") == ["shell"]


def test_that_a_rebuild_scores_all_history_by_the_definition_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "rebuild", "--data-dir", str(tmp_path), "--definition", "2") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "nothing differed" in said
    assert "figures follow definition 2" in said
    assert typed(monkeypatch, "rebuild", "--data-dir", str(tmp_path), "--definition", "99") == 2
    assert "no metric definition 99" in " ".join(capsys.readouterr().err.split())
