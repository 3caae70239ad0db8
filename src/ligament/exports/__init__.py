"""Exports: tables to spreadsheets, CSV, PDF, pages and charts. Only these modules know a file format."""
