"""The network that tasks run in: VPC, ECS cluster, namespace, and the tasks' security groups."""
