"""The one door to SQL: engines, tables, migrations, and what every writer leaves beside its rows."""
