"""The figures of the understanding benchmark: gathered, held against the targets, printed."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Target, verdict
from benchmarks.understanding_data import Split

OURS, THEIRS = "ours", "DIET"

TARGETS = {
    "clinc_ours_accuracy": Target("at_least", 0.965),
    "clinc_ours_auroc": Target("at_least", 0.975),
    "clinc_ours_oos_recall": Target("at_least", 0.80),
    "clinc_few_ours_accuracy": Target("at_least", 0.92),
    "clinc_ours_ece": Target("at_most", 0.02),
    "noise_loss_ratio": Target("at_most", 1 / 3),
    "many_flips_in_first_fifth": Target("at_least", 0.80),
    "below_peer": Target("exactly", 0),
    "training_speedup": Target("at_least", 10),
    "answering_speedup": Target("at_least", 3),
    "own_en_intents": Target("at_least", 0.95),
    "own_nl_intents": Target("at_least", 0.95),
    "own_it_intents": Target("at_least", 0.95),
    "own_en_facts": Target("at_least", 0.97),
    "own_nl_facts": Target("at_least", 0.97),
    "own_it_facts": Target("at_least", 0.97),
    "own_nl_of_english": Target("at_least", 0.97),
    "own_it_of_english": Target("at_least", 0.97),
    "from_english_nl": Target("at_least", 0.85),
    "from_english_it": Target("at_least", 0.85),
    "typo_points_lost": Target("at_most", 3),
    "ours_p50_ms": Target("at_most", 6),
    "ours_p99_ms": Target("at_most", 15),
}

# What a set's column shows: title, form, and whether more is better (None: not compared).
ROWS: dict[str, tuple[str, str, bool | None]] = {
    "accuracy": ("in-scope accuracy, nothing rejected", ".1%", True),
    "auroc": ("AUROC in scope against out of scope", ".3f", True),
    "oos_recall": ("out-of-scope recall, at most 2 points given up on validation", ".1%", True),
    "lost_to_rejection": ("  in-scope accuracy so lost on the test", ".1%", None),
    "ece": ("expected calibration error, 15 bins", ".3f", False),
    "typo_accuracy": ("accuracy with one typing error in every message", ".1%", True),
    "noisy_accuracy": ("accuracy with 14% of the training labels flipped", ".1%", True),
    "seconds": ("training, s", ".1f", False),
    "memory_mb": ("peak memory of training, MB", ".0f", None),
    "p50_ms": ("a message, p50, ms", ".1f", None),
    "p99_ms": ("a message, p99, ms", ".1f", None),
}


@dataclass
class Sheet:
    """All figures by name, and the compared sets in their order."""

    figures: dict[str, float | None] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)  # short name to what it is
    notes: list[str] = field(default_factory=list)

    def put(self, name: str, value: float | None) -> None:
        """One figure. None: could not be measured, and is left out."""
        if value is not None:
            self.figures[name] = value

    def column(self, short: str, split: Split, peer: str, scores: dict[str, float]) -> None:
        """The scores of one peer on one set."""
        self.sets[short] = (
            f"{split.name}: {len(split.train)} training examples, "
            f"{len(split.test)} test messages and {len(split.foreign)} out of scope"
        )
        if "seconds" not in scores:
            self.notes.append(
                f"{peer} on {split.name} was trained in an earlier run; its training is not timed"
            )
        for name, value in scores.items():
            self.figures[f"{short}_{peer}_{name}"] = value

    def loss(self, short: str, peer: str, accuracy: float) -> None:
        """The accuracy after training on flipped labels, and the points that this is less."""
        self.figures[f"{short}_{peer}_noisy_accuracy"] = accuracy
        clean = self.figures[f"{short}_{peer}_accuracy"]
        if clean is not None:
            self.figures[f"{short}_{peer}_noise_points_lost"] = 100 * (clean - accuracy)

    def value(self, name: str) -> float | None:
        return self.figures.get(name)


def derive(sheet: Sheet) -> None:
    """The figures that follow from others; those whose parts are missing stay out."""
    ratio = loss_ratio(sheet, "many")
    if ratio is not None:
        sheet.figures["noise_loss_ratio"] = ratio if math.isfinite(ratio) else None  # JSON knows no infinity
    if any(f"{short}_{THEIRS}_accuracy" in sheet.figures for short in sheet.sets):
        sheet.put("below_peer", len(below(sheet)))
    sheet.put("training_speedup", least_speedup(sheet))
    sheet.put("typo_points_lost", most_lost_to_typos(sheet))
    for language in ("nl", "it"):
        pairs = [
            (sheet.value(f"own_{language}_{what}"), sheet.value(f"own_en_{what}"))
            for what in ("intents", "facts")
        ]
        ratios = [theirs / english for theirs, english in pairs if theirs is not None and english]
        if len(ratios) == len(pairs):
            sheet.put(f"own_{language}_of_english", min(ratios))


def loss_ratio(sheet: Sheet, short: str) -> float | None:
    """What we lose to flipped labels over what they do: 0 when we lose nothing, endless when they do not."""
    ours = sheet.value(f"{short}_{OURS}_noise_points_lost")
    theirs = sheet.value(f"{short}_{THEIRS}_noise_points_lost")
    if ours is None or theirs is None:
        return None
    if ours <= 0:
        return 0.0
    return ours / theirs if theirs > 0 else math.inf


def below(sheet: Sheet) -> list[str]:
    """Where ours is worse than theirs, on any set that both have learnt."""
    found = []
    for short in sheet.sets:
        for row, (_, _, more_is_better) in ROWS.items():
            ours, theirs = (sheet.value(f"{short}_{peer}_{row}") for peer in (OURS, THEIRS))
            if more_is_better is None or ours is None or theirs is None:
                continue
            if (ours < theirs) if more_is_better else (ours > theirs):
                found.append(f"{short}: {ROWS[row][0]}")
    return found


def least_speedup(sheet: Sheet) -> float | None:
    """How many times faster ours trains, on the set where that is least."""
    pairs = [[sheet.value(f"{short}_{peer}_seconds") for peer in (THEIRS, OURS)] for short in sheet.sets]
    ratios = [theirs / ours for theirs, ours in pairs if theirs is not None and ours]
    return min(ratios, default=None)


def most_lost_to_typos(sheet: Sheet) -> float | None:
    """Points of accuracy that one typing error costs ours, on the set or language where it costs most."""
    lost = [value for name, value in sheet.figures.items() if name.endswith("_typo_points_lost")]
    for short in sheet.sets:
        clean, spoilt = (sheet.value(f"{short}_{OURS}_{row}") for row in ("accuracy", "typo_accuracy"))
        if clean is not None and spoilt is not None:
            lost.append(100 * (clean - spoilt))
    return max((each for each in lost if each is not None), default=None)


# --- printing --------------------------------------------------------------------------------------


def set_table(sheet: Sheet, short: str) -> Table:
    """One set, side by side."""
    table = Table(title=sheet.sets[short], title_justify="left")
    for heading in ("", OURS, THEIRS):
        table.add_column(heading, justify="right" if heading else "left")
    for row, (title, form, _) in ROWS.items():
        values = [sheet.value(f"{short}_{peer}_{row}") for peer in (OURS, THEIRS)]
        if any(value is not None for value in values):
            table.add_row(title, *("" if value is None else format(value, form) for value in values))
    return table


def own_table(sheet: Sheet) -> Table | None:
    """Our own held-out messages, one column per language."""
    languages = [
        name[4:-8] for name in sheet.figures if name.startswith("own_") and name.endswith("_intents")
    ]
    if not languages:
        return None
    table = Table(title="own held-out messages, config.yml trained on data/", title_justify="left")
    for heading in ("", *languages):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {
        "own_{}_intents": ("intent right, with what is rejected", ".1%"),
        "own_{}_intents_nothing_rejected": ("intent right, nothing rejected", ".1%"),
        "own_{}_false_rejects": ("rejected although in scope", ".1%"),
        "own_{}_oos_recall": ("out of scope and rejected", ".1%"),
        "own_{}_facts": ("messages with exactly their facts", ".1%"),
        "own_{}_typo_points_lost": ("points lost to one typing error in every message", ".1f"),
        "own_{}_p50_ms": ("a message, p50, ms", ".1f"),
        "own_{}_p99_ms": ("a message, p99, ms", ".1f"),
        "from_english_{}": ("intent right, trained on English alone", ".1%"),
        "from_english_{}_nothing_rejected": ("  the same, nothing rejected", ".1%"),
    }
    for name, (title, form) in rows.items():
        values = [sheet.value(name.format(language)) for language in languages]
        if any(value is not None for value in values):
            table.add_row(title, *("" if value is None else format(value, form) for value in values))
    return table


def target_table(sheet: Sheet, measured: dict[str, Target]) -> Table:
    """Each target with what was measured."""
    table = Table(title="Wanted", title_justify="left")
    for heading in ("", "wanted", "measured", ""):
        table.add_column(heading, justify="right" if heading in ("wanted", "measured") else "left")
    for name, target in measured.items():
        value = sheet.figures[name]
        shown = "" if value is None else f"{value:.3g}"
        table.add_row(
            name.replace("_", " "), str(target), shown, "met" if target.met_by(value) else "NOT MET"
        )
    return table


def report(console: Console, sheet: Sheet, *, quick: bool) -> int:
    """Prints all tables and, last, the verdict; 0 when all that was measured meets its target."""
    derive(sheet)
    for short in sheet.sets:
        console.print(set_table(sheet, short))
    own = own_table(sheet)
    if own is not None:
        console.print(own)
    measured = {name: target for name, target in TARGETS.items() if name in sheet.figures}
    left_out = [name for name in TARGETS if name not in sheet.figures]
    console.print(target_table(sheet, measured))
    if quick:
        sheet.notes.append("quick: samples of the messages, and only ten examples per intent")
    for note in (*sheet.notes, *(f"below DIET: {each}" for each in below(sheet))):
        console.print(note, highlight=False)
    if left_out:
        console.print(f"not measured in this run: {', '.join(left_out)}", highlight=False)
    told = json.loads(verdict("understanding", sheet.figures, measured))
    for name, target in measured.items():
        told["targets"][name]["met"] = target.met_by(sheet.figures[name])
    print(json.dumps(told | {"left_out": left_out}))
    return 0 if told["met"] else 1
