"""One rule a file; the file name is the registration."""
