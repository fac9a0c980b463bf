"""The commands as they are typed, on a data directory without a running server."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT, Assistant, command, environment

pytestmark = pytest.mark.slow


def test_that_one_token_is_printed_and_nothing_else(tmp_path: Path) -> None:
    done = command("token", "create", "--role", "agent", "--name", "a program", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\S{24,}\n", done.stdout)
    wrong = command("token", "create", "--role", "king", "--data-dir", str(tmp_path))
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert "Traceback" not in wrong.stderr


def test_that_a_broken_definition_is_found_with_file_and_line(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("assistant", "actions", "company", "data"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, project / name)
    check = [sys.executable, "-m", "assistant", "check", "--data-dir", str(tmp_path / "var")]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            check, cwd=project, env=environment() | {"PYTHONPATH": str(project)}, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip

    whole = run()
    assert whole.returncode == 0, whole.stderr
    journey = project / "data" / "journeys" / "pay_bill.yml"
    text = journey.read_text().replace("act: pay_bill", "act: pay_bil")
    journey.write_text(text)
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "act: pay_bil" in each)
    broken = run()
    assert broken.returncode == 1
    assert f"data/journeys/pay_bill.yml:{line}: error: " in broken.stderr
    assert "pay_bil" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_that_the_present_data_is_free_of_errors(tmp_path: Path) -> None:
    done = command("check", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "99999"], "port"),
        (["--workers", "2"], "PostgreSQL"),
        (["--workers", "2", "--database", "postgresql://nobody@127.0.0.1:1/x"], "Redis"),
        (["--company-url", "ftp://x"], "http"),
    ],
)
def test_that_a_wrong_option_is_said_in_plain_words(tmp_path: Path, options: list[str], words: str) -> None:
    done = command("serve", "--data-dir", str(tmp_path), *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


# --- beside a server that runs


def test_that_the_demos_customers_are_listed(assistant: Assistant) -> None:
    done = assistant.command("demo", "customers", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {c["customer_id"] for c in found} < {c["customer_id"] for c in assistant.customers}
    assert set(found[0]) >= {"account", "name", "email", "open"}
    plain = assistant.command("demo", "customers")
    assert found[0]["account"] in plain.stdout


def test_that_somebody_added_by_command_signs_in_with_the_printed_link(assistant: Assistant) -> None:
    import requests

    done = assistant.command("staff", "add", "new@northlight.example", "--role", "analyst")
    assert done.returncode == 0, done.stderr
    [link] = done.stdout.split()
    token = re.search(r"/set-password\?token=(\S+)$", link)
    assert token
    password = "a-long-enough-pass-phrase-9"
    with requests.Session() as session:
        set_it = {"token": token[1], "password": password}
        assert session.post(f"{assistant.base}/api/staff/password", json=set_it, timeout=20).ok
        assert (
            session.post(f"{assistant.base}/api/staff/password", json=set_it, timeout=20).status_code >= 400
        )
        sign_in = {"email": "new@northlight.example", "password": password}
        who = session.post(f"{assistant.base}/api/staff/sign-in", json=sign_in, timeout=20)
        assert who.ok, who.text
        assert who.json()["role"] == "analyst"
        assert session.get(f"{assistant.base}/api/insight/intents", timeout=20).ok
    again = assistant.command("staff", "add", "new@northlight.example", "--role", "analyst")
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_that_tables_are_exported(assistant: Assistant) -> None:
    visitor = assistant.visitor(assistant.customers[0]["customer_id"])
    visitor.ask("why is my bill so high")
    as_csv = assistant.command("export", "--table", "attempts", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert visitor.conversation_id in {row["conversation_id"] for row in rows}
    as_lines = assistant.command("export", "--table", "journeys", "--format", "jsonl")
    assert as_lines.returncode == 0, as_lines.stderr
    assert all(isinstance(json.loads(line), dict) for line in as_lines.stdout.splitlines())


def test_that_an_unknown_table_is_refused(assistant: Assistant) -> None:
    done = assistant.command("export", "--table", "secrets")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
