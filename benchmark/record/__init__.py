"""The record: its columns, its text in a file, and how files of an older schema are read."""
