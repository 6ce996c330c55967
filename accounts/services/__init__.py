"""What happens to people. Everything here is keyword-only, checks its input and leaves nothing half-done."""
