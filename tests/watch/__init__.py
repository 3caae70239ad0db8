"""`serve` watched for long: ten clinics, and one of them has every trouble there is."""
