"""What watches a rehearsal: Prometheus with the project's own rules, and the CPU of its processes."""
