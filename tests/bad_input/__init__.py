"""What wrong settings, records and answers get."""
