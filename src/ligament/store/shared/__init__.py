"""What all processes and clinics of an installation share: small values, limits, what is to be delivered."""
