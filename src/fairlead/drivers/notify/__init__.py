"""Ways to tell people: a signed webhook, what Slack and its like take, and mail."""
