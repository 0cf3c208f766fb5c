"""The notifier: journal records become notices, notices find their channels, and each is told once, whatever dies."""
