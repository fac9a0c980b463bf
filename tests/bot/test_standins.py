"""What the server leaves out is left out of Rasa alone, and only when nothing configured needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.bot.standins import may_leave_out

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from pathlib import Path
from assistant.bot import bridge, standins
bridge.silence()
with standins.left_out(Path("config.yml")):
    import rasa.core.agent
assert "tensorflow" not in sys.modules and "boto3" not in sys.modules
import sklearn.linear_model
assert sklearn.linear_model.LogisticRegression().get_params()["max_iter"] == 100
try:
    from rasa.core.channels.telegram import TelegramOutput
    TelegramOutput("a token")
except standins.LeftOut as error:
    print("said so:", error)
"""


def test_that_rasa_is_imported_without_tensorflow_and_others_get_the_real_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("said so: a library that the server leaves out")


WIRED = """
import sys
from pathlib import Path
from assistant.app import create_services
from assistant.settings import Settings
from actions.help import make_centre
settings = Settings(data_dir=Path(sys.argv[1]))
create_services(settings, Path("none.tar.gz"))
make_centre(Path(sys.argv[1]))
found = sorted(name for name in sys.modules if name.partition(".")[0] in ("rasa", "tensorflow"))
assert not found, found[:5]
"""


def test_that_nothing_of_rasa_is_imported_before_what_is_left_out_is(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WIRED, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("config", "may"),
    [
        ("pipeline: [{name: assistant.bot.encoder.SentenceEncoder}]\npolicies: [{name: RulePolicy}]", True),
        ("pipeline: [{name: DIETClassifier}]\npolicies: [{name: RulePolicy}]", False),
        ("pipeline: [{name: assistant.bot.encoder.SentenceEncoder}]\npolicies: [{name: TEDPolicy}]", False),
        ("language: en", False),
    ],
)
def test_that_a_component_of_rasa_that_may_need_them_gets_them_all(
    tmp_path: Path, config: str, may: bool
) -> None:
    file = tmp_path / "config.yml"
    file.write_text(config)
    assert may_leave_out(file) is may
