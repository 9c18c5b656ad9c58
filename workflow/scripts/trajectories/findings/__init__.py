"""What the tables of a study say, in sentences: a module for each subject.

Every sentence is chosen by the numbers, and would be another on other data. Estimates are followed
by their interval in parentheses, as "2.4 (1.7 to 3.0)"; ± is an SD over networks.
"""
