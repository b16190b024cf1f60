"""The load: real gRPC clients and servers, the L4 proxy between them, and the counts of requests."""
