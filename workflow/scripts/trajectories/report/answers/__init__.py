"""What the report answers: its headline, the verdicts, and a section for each question."""
