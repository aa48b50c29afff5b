"""Alembic's entry: runs inside the transaction that `results.database` opened."""

from alembic import context

from results.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
