"""Reports and report files."""
