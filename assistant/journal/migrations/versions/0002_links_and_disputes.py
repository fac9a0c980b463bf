"""Attempts know whose browser it was, whether CX disputes them, and whether a success was taken back."""

import sqlalchemy as sa
from alembic import op

from assistant.journal.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("linked_to", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("disputed_at", Instant(), nullable=True))
    op.add_column(
        "attempts", sa.Column("taken_back", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(op.f("ix_attempts_browser_id"), "attempts", ["browser_id"])
    op.create_index(op.f("ix_attempts_linked_to"), "attempts", ["linked_to"])
    # Verdicts from before this schema: a success that is one no more was taken back.
    rows = sa.table(
        "attempts", sa.column("taken_back"), sa.column("first_outcome"), sa.column("history", sa.Text())
    )
    text = sa.func.replace(sa.cast(rows.c.history, sa.Text()), " ", "")
    other = sa.or_(
        *(text.contains(f'"outcome":"{each}"') for each in ("not_achieved", "abandoned", "unknown"))
    )
    op.execute(rows.update().where(rows.c.first_outcome == "achieved", other).values(taken_back=True))


def downgrade() -> None:
    op.drop_index(op.f("ix_attempts_linked_to"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_browser_id"), table_name="attempts")
    for name in ("taken_back", "disputed_at", "linked_to"):
        op.drop_column("attempts", name)
