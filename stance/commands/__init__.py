"""What the `stance` command runs: each reads its arguments, calls the packages, and prints."""
