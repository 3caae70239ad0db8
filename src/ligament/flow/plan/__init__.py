"""Planning: from facts and rules to ordered actions."""
