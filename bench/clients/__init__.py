"""Tries the settings of gRPC clients with real libraries, while proxies are replaced, killed and frozen."""
