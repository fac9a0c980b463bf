"""The linear model: exact leave-out scores, repeatable, safe with little data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from assistant.bot import model as model_module
from assistant.bot.classifier import LinearIntentClassifier, foreign_examples
from assistant.bot.embedding import ENGLISH, MEANING
from assistant.bot.linear import solve
from assistant.bot.model import Model, fit, judge
from assistant.bot.ngrams import Ngrams, normalised


def clouds(kinds: int, each: int, seed: int = 1, share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Encoder rows around `kinds` directions in both of its parts, and their labels."""
    chance = np.random.default_rng(seed)
    parts = []
    for place in (MEANING, ENGLISH):
        centres = chance.normal(size=(kinds, place.stop - place.start))
        rows = np.repeat(centres, each, axis=0)
        rows += 0.6 * chance.normal(size=rows.shape)
        parts.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    rows = np.hstack([*parts, np.full((kinds * each, 1), share)])
    return rows.astype(np.float32), np.repeat(np.arange(kinds), each)


def no_grams(count: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((count, 3), dtype=np.float32)


NO_GRAMS = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_that_points_of_trained_kinds_are_told_apart_and_strangers_are_foreign(share: float) -> None:
    rows, labels = clouds(8, 30, share=share)
    half = np.arange(len(rows)) % 2 == 0
    inside = half & (labels < 6)
    model = fit(rows[inside], no_grams(inside.sum()), labels[inside])
    known = [judge(model, row[None], [NO_GRAMS])[0] for row in rows[~half & (labels < 6)]]
    strangers = [judge(model, row[None], [NO_GRAMS])[0] for row in rows[labels >= 6]]
    assert [int(o.probabilities.argmax()) for o in known] == labels[~half & (labels < 6)].tolist()
    assert np.mean([o.foreign > model.rule.threshold for o in strangers]) > 0.95
    assert np.mean([o.foreign > model.rule.threshold for o in known]) < 0.15


def test_that_held_out_scores_are_those_of_models_trained_without() -> None:
    chance = np.random.default_rng(2)
    points = chance.normal(size=(60, 8)).astype(np.float32)
    similarities = np.exp(points @ points.T / 8).astype(np.float32)
    labels = np.r_[np.repeat(np.arange(5), 11), [-1] * 5]
    solved = solve(similarities.copy(), labels, penalty=0.5)

    def retrained(left_out: np.ndarray) -> np.ndarray:
        kept = np.setdiff1d(np.arange(60), left_out)
        targets = (labels[kept, None] == np.arange(5)).astype(np.float64)
        matrix = similarities[np.ix_(kept, kept)].astype(np.float64) + 1 + 0.5 * np.eye(len(kept))
        scores: np.ndarray = (similarities[np.ix_(left_out, kept)] + 1) @ np.linalg.solve(matrix, targets)
        return scores

    assert np.allclose(solved.without_example[7], retrained(np.array([7]))[0], atol=1e-4)
    members = np.flatnonzero(labels == 3)
    others = [0, 1, 2, 4]
    assert np.allclose(solved.without_intent[members][:, others], retrained(members)[:, others], atol=1e-4)
    assert np.isneginf(solved.without_intent[members, 3]).all()


def test_that_held_out_scores_of_a_part_are_the_same_as_those_of_all() -> None:
    chance = np.random.default_rng(3)
    points = chance.normal(size=(60, 8)).astype(np.float32)
    similarities = np.exp(points @ points.T / 8).astype(np.float32)
    labels = np.r_[np.repeat(np.arange(5), 11), [-1] * 5]
    whole = solve(similarities.copy(), labels, penalty=0.5)
    part = solve(similarities.copy(), labels, penalty=0.5, left_out=20)  # cuts the fourth intent in two
    assert np.allclose(part.weights, whole.weights, atol=1e-4)
    assert np.allclose(part.without_example, whole.without_example[40:], atol=1e-4)
    worked_out = ~np.isnan(part.without_intent).any(axis=1)
    assert worked_out.tolist() == [label == 4 for label in labels[40:]]
    assert np.allclose(part.without_intent[worked_out], whole.without_intent[40:][worked_out], atol=1e-4)


def test_that_many_examples_are_fitted_alike_with_a_part_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = clouds(8, 30, share=0.5)
    inside = labels < 6
    whole = fit(rows[inside], no_grams(inside.sum()), labels[inside])
    monkeypatch.setattr("assistant.bot.model.ALL_HELD_OUT", 50)
    part = fit(rows[inside], no_grams(inside.sum()), labels[inside])
    assert np.allclose(part.general, whole.general, atol=1e-3)
    assert np.allclose(part.both, whole.both, atol=1e-3)
    strangers = [judge(part, row[None], [NO_GRAMS])[0] for row in rows[~inside]]
    assert np.mean([o.foreign > part.rule.threshold for o in strangers]) > 0.95


def test_that_training_twice_gives_the_same_model() -> None:
    rows, labels = clouds(4, 10)
    one, two = fit(rows, no_grams(40), labels), fit(rows, no_grams(40), labels)
    assert np.allclose(one.both, two.both)
    assert one.rule.threshold == pytest.approx(two.rule.threshold)


def test_that_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    rows, labels = clouds(4, 10)
    texts = [f"word{i % 7} of kind{label}" for i, label in enumerate(labels)]
    ngrams = Ngrams.fit(texts)
    model = fit(rows, ngrams.rows(texts), labels)
    model.write(tmp_path / "model.npz")
    one, two = (
        judge(each, rows[3:4], [ngrams.row(texts[3])])[0]
        for each in (model, Model.read(tmp_path / "model.npz"))
    )
    assert np.allclose(one.probabilities, two.probabilities)
    assert one.foreign == pytest.approx(two.foreign)


@pytest.mark.parametrize(("kinds", "each"), [(1, 1), (1, 5), (2, 1), (2, 40), (3, 1), (5, 2), (1000, 1)])
def test_that_little_data_trains_and_answers(kinds: int, each: int) -> None:
    rows, labels = clouds(kinds, each)
    model = fit(rows, no_grams(len(rows)), labels)
    opinion = judge(model, rows[:1], [NO_GRAMS])[0]
    assert opinion.probabilities.shape == (kinds,)
    assert opinion.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert 0 <= opinion.foreign <= 1


def test_that_one_text_under_two_intents_still_trains() -> None:
    rows, labels = clouds(3, 4)
    rows[4] = rows[0]
    opinion = judge(fit(rows, no_grams(12), labels), rows[:1], [NO_GRAMS])[0]
    assert {int(i) for i in np.argsort(-opinion.probabilities)[:2]} == {0, 1}


def test_that_many_wrong_labels_are_left_out_and_no_intent_is_lost() -> None:
    rows, labels = clouds(6, 20)
    flipped = labels.copy()
    flipped[::10] = (flipped[::10] + 1) % 6
    model = fit(rows, no_grams(120), flipped)
    assert len(model.both) == 120 - 12
    right = [int(judge(model, row[None], [NO_GRAMS])[0].probabilities.argmax()) for row in rows]
    assert right == labels.tolist()
    assert len(np.unique(model.starts)) == 6


def test_that_too_many_examples_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "MOST_EXAMPLES", 30)
    rows, labels = clouds(4, 20)
    kept = np.r_[np.arange(25), np.arange(40, 80)]
    model = fit(rows[kept], no_grams(len(kept)), labels[kept])
    assert len(model.both) <= 30
    assert np.diff([*model.starts, model.own_count]).min() >= 5


def test_that_normalising_undoes_shouting_stretching_and_accents() -> None:
    assert normalised("HUMAAAAN!!! pléase,  now") == "human please now"
    assert normalised("don’t — 123 & 45") == "don't 0 0"


def test_that_ngram_rows_have_two_parts_of_length_one() -> None:
    ngrams = Ngrams.fit(["pay my bill", "move my visit"])
    _, values = ngrams.row("pay my visit")
    assert float(values @ values) == pytest.approx(2, abs=1e-4)
    assert len(ngrams.row("zzz qqq")[0]) == 0


def test_that_foreign_examples_count_only_beside_the_intents_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "_out_of_scope.yml").write_text(
        "beside: [pay_bill]\nexamples: [what is the weather, pay it]\n"
    )
    pattern = "_out_of_scope.yml"
    assert foreign_examples(pattern, ["pay_bill", "greet"], known=["Pay it!"]) == ["what is the weather"]
    assert foreign_examples(pattern, ["weather"], known=[]) == []
    assert foreign_examples(None, ["pay_bill"], known=[]) == []


def test_that_edited_foreign_examples_make_rasa_train_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = {**LinearIntentClassifier.get_default_config(), "foreign_examples": "*.yml"}
    assert LinearIntentClassifier.fingerprint_addon(config) is None
    (tmp_path / "a.yml").write_text("examples: [one]")
    first = LinearIntentClassifier.fingerprint_addon(config)
    (tmp_path / "a.yml").write_text("examples: [two]")
    assert LinearIntentClassifier.fingerprint_addon(config) != first
