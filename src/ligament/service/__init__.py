"""What runs by itself: the schedule, the runs of each clinic, and what is delivered to other tools."""
