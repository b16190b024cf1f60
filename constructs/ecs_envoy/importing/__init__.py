"""Reads a mesh of App Mesh, or an Envoy bootstrap, into a configuration file."""
