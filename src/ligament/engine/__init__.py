"""Running the flow so that it survives a power cut."""
