"""What talks to a Label Studio server: the connection, projects, tasks and annotations."""
