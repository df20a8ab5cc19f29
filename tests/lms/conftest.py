from django.db import connection

# What SQLite's writers do among themselves is no question on another database.
collect_ignore = [] if connection.vendor == "sqlite" else ["test_sqlite_turns.py"]
