"""The report with its explorer, and the page on a finished study."""
