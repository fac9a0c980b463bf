"""Alembic's entry: runs on the connection that `Database.migrate` holds the lock with."""

from alembic import context

from assistant.journal.tables import metadata

connection = context.config.attributes["connection"]
# SQLite can change its schema inside a transaction, so a migration that fails leaves nothing behind.
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
