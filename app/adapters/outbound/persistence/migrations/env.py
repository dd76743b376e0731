"""Run by alembic from `Database.migrate`, on the connection that it hands over."""

from alembic import context

from app.adapters.outbound.persistence.sqlalchemy.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
