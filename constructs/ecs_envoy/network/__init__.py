"""Where tasks run: VPC, ECS cluster, namespace, and the tasks' security groups."""
