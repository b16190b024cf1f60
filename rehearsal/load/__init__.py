"""Calls: real gRPC clients and servers, the L4 proxy between them, and counts of requests."""
