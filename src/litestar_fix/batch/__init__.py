"""Many repositories: what would be done in each, and a migration that can be reviewed, stopped and resumed."""
