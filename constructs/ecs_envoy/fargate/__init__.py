"""What every task and ECS service on Fargate has."""
