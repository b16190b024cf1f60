"""The proxy of a configuration, or its several proxies."""
