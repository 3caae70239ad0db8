"""The practice system Cliniko."""
