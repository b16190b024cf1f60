"""Reads cloud assemblies, the folders that the CDK synthesizes into."""
