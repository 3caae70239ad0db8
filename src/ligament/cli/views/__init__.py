"""Views: documents on the screen."""
