"""Every test here that asks for a database runs on each kind."""

from tests.databases import database, database_url, postgres

__all__ = ["database", "database_url", "postgres"]
