"""Our own held-out messages, per language: what customers of the demo company would get."""

from __future__ import annotations

from benchmarks.figures import percentile
from benchmarks.sides import ROOT
from benchmarks.understanding_data import (
    FOREIGN,
    Example,
    FactCase,
    read_facts,
    read_nlu,
    sample,
    with_typing_errors,
)
from benchmarks.understanding_report import Sheet
from benchmarks.understanding_runs import Learnt, Peer, Runs, right, texts_of
from benchmarks.understanding_scores import facts_right, share

HELD_OUT = ROOT / "tests/data/held_out"
MOMENT = "2026-11-22T21:00:00+00:00"  # only facts depend on it


def languages() -> list[str]:
    """Those that have held-out messages, English first."""
    found = sorted(folder.name for folder in HELD_OUT.iterdir() if (folder / "intents.yml").exists())
    return sorted(found, key=lambda language: language != "en")


def examine_own(
    runs: Runs, peer: Peer, sheet: Sheet, limit: int | None, *, cross_lingual: bool, seed: int
) -> None:
    """Trained on all languages and tested on each; with `cross_lingual` also trained on English alone.

    `limit` is the number of messages of each sort and language; None for all.
    """
    learnt = runs.learn(peer, "all own languages", ROOT / "data", beside="data", keep=True)
    sheet.put("own_seconds_to_train", learnt.seconds)
    for language in languages():
        with runs.step(f"{peer.name} answers held-out messages: {language}"):
            intents(runs, peer, learnt, language, sheet, limit, seed)
            facts(runs, peer, learnt, language, sheet, limit, seed)
    if not cross_lingual:
        return
    alone = runs.learn(peer, "own English alone", ROOT / "data/nlu/en", beside="data/nlu/en")
    for language in languages()[1:]:
        with runs.step(f"{peer.name}, taught in English alone, answers {language}"):
            messages = sample(read_nlu(HELD_OUT / language / "intents.yml"), limit, seed)
            answers = runs.ask(peer, alone, texts_of(messages), about(language, len(messages)))
        sheet.put(f"from_english_{language}", taken_right(answers.intents(), messages))
        sheet.put(f"from_english_{language}_nothing_rejected", share(right(answers, messages)))


def intents(
    runs: Runs, peer: Peer, learnt: Learnt, language: str, sheet: Sheet, limit: int | None, seed: int
) -> None:
    """Intents as the assistant takes them, and what it does with messages of no intent."""
    messages = sample(read_nlu(HELD_OUT / language / "intents.yml"), limit, seed)
    strangers = sample(texts_of(read_nlu(HELD_OUT / language / "out_of_scope.yml")), limit, seed)
    told = about(language, len(messages))
    answers = runs.ask(peer, learnt, texts_of(messages), told)
    spoilt = runs.ask(peer, learnt, with_typing_errors(texts_of(messages), seed), told)
    foreign = runs.ask(peer, learnt, strangers, about(language, len(strangers)))
    likeliest = share(right(answers, messages))
    sheet.put(f"own_{language}_intents", taken_right(answers.intents(), messages))
    sheet.put(f"own_{language}_intents_nothing_rejected", likeliest)
    sheet.put(f"own_{language}_false_rejects", share([intent == FOREIGN for intent in answers.intents()]))
    sheet.put(f"own_{language}_oos_recall", share([intent == FOREIGN for intent in foreign.intents()]))
    sheet.put(f"own_{language}_typo_points_lost", 100 * (likeliest - share(right(spoilt, messages))))
    sheet.put(f"own_{language}_p50_ms", percentile(answers.milliseconds, 0.5))
    sheet.put(f"own_{language}_p99_ms", percentile(answers.milliseconds, 0.99))


def facts(
    runs: Runs, peer: Peer, learnt: Learnt, language: str, sheet: Sheet, limit: int | None, seed: int
) -> None:
    """Messages whose facts were found exactly."""
    cases: list[FactCase] = sample(read_facts(HELD_OUT / language / "facts.yml"), limit, seed)
    metadata = [{"at": case.at, "language": language, "expects": case.expects} for case in cases]
    found = runs.ask(peer, learnt, [case.text for case in cases], metadata).facts()
    good = [facts_right(case.facts, got) for case, got in zip(cases, found, strict=True)]
    sheet.put(f"own_{language}_facts", share(good))


def taken_right(intents_: list[str | None], messages: list[Example]) -> float:
    """The share that ends under its intent; a rejected message does not."""
    return share([intent == message.intent for intent, message in zip(intents_, messages, strict=True)])


def about(language: str, count: int) -> list[dict[str, str]]:
    """What the channel tells with each message."""
    return [{"language": language, "at": MOMENT}] * count
