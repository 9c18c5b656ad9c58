"""What is shown at test: the table of test images and their pictures."""
