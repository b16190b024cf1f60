"""Reads and checks the YAML file of an environment."""

from ecs_envoy.configuration.loading import load_configuration
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.problems import ConfigurationError, Problem

__all__ = ["Configuration", "ConfigurationError", "Problem", "load_configuration"]
