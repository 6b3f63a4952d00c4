"""The schema's history (Alembic), and how a database is brought to its end."""
