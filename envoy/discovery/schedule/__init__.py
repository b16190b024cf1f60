"""When each service is asked about, and the threads that ask."""
