"""Facts in SQL (SQLite or PostgreSQL through SQLAlchemy), hints in Redis or in-process. See docs/adr/0003."""
