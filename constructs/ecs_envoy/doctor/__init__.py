"""`ecs-envoy doctor`: reads a deployed environment from its AWS account, and says what is wrong with it."""
