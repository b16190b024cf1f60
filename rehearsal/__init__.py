"""The whole system on one machine: real processes run what the CloudFormation templates deploy."""
