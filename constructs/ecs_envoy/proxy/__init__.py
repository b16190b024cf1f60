"""The construct `EnvoyProxy` and its containers."""
