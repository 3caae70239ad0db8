"""What a run keeps."""
