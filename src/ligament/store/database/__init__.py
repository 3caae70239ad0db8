"""The database itself: connection, schema, tables, codecs."""
