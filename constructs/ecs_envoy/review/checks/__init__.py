"""How a change was checked."""
