"""Writes the comment, in Markdown, HTML, JSON or for a terminal."""
