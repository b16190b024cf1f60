"""What all ECS services and task definitions on Fargate have in common."""
