"""Reads a mesh of App Mesh, as AWS's CLI describes it."""
