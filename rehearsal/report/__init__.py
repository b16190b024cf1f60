"""What a rehearsal leaves: pictures, a page, a file of numbers, and a table on the terminal."""
