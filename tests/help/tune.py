"""Learns the weights and thresholds of the help centre from the practice questions; prints them.

`python -m tests.help.tune`. The questions of tests/data/help/*.yml, with which it is measured, play no part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import yaml
from sklearn.linear_model import LogisticRegression

from assistant.help.index import WEIGHTS, PassageIndex
from tests.help.test_retrieval import LANGUAGES, ROOT, make_index

PRACTICE = ROOT / "tests" / "data" / "help" / "practice"
ROUNDS = 6
NEAREST = 3  # passages of a question that stand for all the wrong ones
SAID_SO = 0.90  # of the practice questions without an answer, in each language

Signals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One question: the signals of every passage, and which passages stand on the page that answers it."""

    language: str
    ask: str
    signals: Signals
    right: npt.NDArray[np.bool_]  # all False where no page answers


def cases(language: str) -> list[Case]:
    """The practice questions of one language."""
    index = make_index(language)
    data = yaml.safe_load((PRACTICE / f"{language}.yml").read_text(encoding="utf-8"))
    asked = [(ask, page) for page, questions in data["answered"].items() for ask in questions]
    asked += [(ask, None) for ask in data["unanswered"]]
    return [Case(language, ask, index.signals(ask), _on(index, page)) for ask, page in asked]


def _on(index: PassageIndex, page: str | None) -> npt.NDArray[np.bool_]:
    return np.array([each.page_id == page for each, _ in index.entries])


def learn(known: list[Case], weights: Signals) -> Signals:
    """Weights that tell the best passage of the right page from the nearest others."""
    for _ in range(ROUNDS):
        rows: list[Signals] = []
        right: list[bool] = []
        shares: list[float] = []
        for case in known:
            order = np.argsort(-(case.signals @ weights))
            best = [at for at in order if case.right[at]][:1]
            others = [at for at in order if not case.right[at]][:NEAREST]
            rows += [case.signals[at] for at in (*best, *others)]
            right += [True] * len(best) + [False] * len(others)
            shares += [1.0] * len(best) + [1 / NEAREST if best else 2 / NEAREST] * len(others)
        fitted = LogisticRegression(C=3.0, max_iter=5000).fit(rows, right, sample_weight=shares)
        weights = fitted.coef_[0]
    return weights


def threshold(known: list[Case], weights: Signals) -> float:
    """From where on a passage is an answer, so that SAID_SO of those without one are told so."""
    tops = [float((case.signals @ weights).max()) for case in known if not case.right.any()]
    return float(np.quantile(tops, SAID_SO))


def main() -> None:
    """Prints what belongs in assistant/help/index.py and data/help/words.yml."""
    by_language = {language: cases(language) for language in LANGUAGES}
    weights = learn([case for known in by_language.values() for case in known], WEIGHTS)
    print("weights", weights.round(2).tolist())
    for language, known in by_language.items():
        print(language, "enough", round(threshold(known, WEIGHTS), 2), "with the weights in use")


if __name__ == "__main__":
    main()
