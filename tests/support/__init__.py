"""What all of Purser's HTTP tests share. Each module says in its first line what it is for."""
