"""What a side deploys, in the terms of ECS and Envoy instead of CloudFormation's."""
