"""Configuration errors: what is wrong in files and environment, in sentences."""

from __future__ import annotations


class ConfigurationError(Exception):
    """Something in the settings is wrong; each complaint says where and what to do."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        """Keep the complaints."""
        super().__init__("\n".join(complaints))
        self.complaints = complaints
