"""The monitoring of a rehearsal: Prometheus with the project's own rules, and the CPU of the processes."""
