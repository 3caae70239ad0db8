"""What runs by itself: scheduler, runner, statuses, incoming webhooks, health."""
