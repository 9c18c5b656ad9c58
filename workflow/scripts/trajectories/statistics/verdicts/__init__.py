"""Verdicts on statements: holds; holds, small; does not hold; reversed; undecided, and why."""
