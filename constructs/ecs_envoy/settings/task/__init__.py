"""How a task runs on Fargate: groups of settings that both YAML and constructs take."""
