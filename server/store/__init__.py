"""The only room that touches SQL: engines, tables, migrations, and what every writer leaves beside its rows."""
