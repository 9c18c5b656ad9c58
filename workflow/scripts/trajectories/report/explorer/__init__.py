"""The explorer of the report: what it shows, and how that gets into a page."""
