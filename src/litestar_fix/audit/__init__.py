"""What an audit says of a project as a whole: how many places follow each practice, and where the others are."""
