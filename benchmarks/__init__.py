"""One command per question: `uv run python benchmarks/NAME.py [--quick]`. Every number is measured."""
