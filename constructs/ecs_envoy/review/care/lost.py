"""What is lost with a resource that is deleted, by its type."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """What a reader has to know of a type of resources.

    Attributes:
        called: What a sentence calls the resource, such as `log group`.
        deleted: What is lost if it is deleted, as the end of a sentence.
        name: The property of its name in AWS, if no two may have the same one in an account and region.
        replaced: What a replacement does, if it is not the same as a deletion.

    """

    called: str
    deleted: str
    name: str = ""
    replaced: str = ""


DATA: Mapping[str, Loss] = {
    "AWS::Logs::LogGroup": Loss("log group", "its logs are lost", "LogGroupName"),
    "AWS::S3::Bucket": Loss(
        "bucket", "the deletion fails as long as it has objects, and they are lost with it", "BucketName"
    ),
    "AWS::DynamoDB::Table": Loss("table", "its items are lost", "TableName"),
    "AWS::DynamoDB::GlobalTable": Loss("table", "its items are lost", "TableName"),
    "AWS::RDS::DBInstance": Loss(
        "database", "its data are lost, except for snapshots", "DBInstanceIdentifier"
    ),
    "AWS::RDS::DBCluster": Loss("database", "its data are lost, except for snapshots", "DBClusterIdentifier"),
    "AWS::EFS::FileSystem": Loss("file system", "its files are lost"),
    "AWS::ElastiCache::ReplicationGroup": Loss("cache", "what it caches is lost", "ReplicationGroupId"),
    "AWS::ECR::Repository": Loss("image repository", "its images are lost", "RepositoryName"),
    "AWS::SQS::Queue": Loss("queue", "the messages in it are lost", "QueueName"),
    "AWS::SNS::Topic": Loss("topic", "whoever subscribed by hand hears nothing any more", "TopicName"),
    "AWS::Kinesis::Stream": Loss("stream", "the records in it are lost", "Name"),
    "AWS::KMS::Key": Loss("key", "after its waiting time nobody can read what it encrypted"),
    "AWS::SecretsManager::Secret": Loss(
        "secret", "its value is lost, and tasks that need it do not start", "Name"
    ),
    "AWS::SSM::Parameter": Loss("parameter", "its value is lost", "Name"),
    "AWS::APS::Workspace": Loss("Prometheus workspace", "its metrics are lost"),
}
"""Types that hold data."""

LOSSES: Mapping[str, Loss] = {
    **DATA,
    "AWS::ServiceDiscovery::PrivateDnsNamespace": Loss(
        "namespace", "every name in it and every registration of a task is lost, so calls by name fail"
    ),
    "AWS::ServiceDiscovery::Service": Loss("name", "whoever looks it up finds nothing any more"),
    "AWS::ECS::Service": Loss(
        "ECS service",
        "its tasks stop",
        "ServiceName",
        "new tasks start under a new service while the old ones stop, without the care of a roll",
    ),
    "AWS::ECS::Cluster": Loss("ECS cluster", "every service in it is lost, too", "ClusterName"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Loss(
        "load balancer", "its DNS name is lost, and whoever calls it by that name fails", "Name"
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Loss(
        "load balancer", "its DNS name is lost, and whoever calls it by that name fails", "LoadBalancerName"
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Loss("listener", "calls on its port fail"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Loss(
        "target group", "the load balancer sends nothing to its tasks", "Name"
    ),
    "AWS::EC2::VPC": Loss("VPC", "everything in it is lost, too"),
    "AWS::EC2::Subnet": Loss("subnet", "whatever runs in it has to move"),
    "AWS::EC2::SecurityGroup": Loss(
        "security group", "rules elsewhere may name it by its id, and then its deletion fails", "GroupName"
    ),
    "AWS::EC2::NatGateway": Loss("NAT gateway", "the subnets behind it reach nothing outside"),
    "AWS::EC2::EIP": Loss("public address", "whoever has it in a list of allowed addresses has a wrong one"),
    "AWS::EC2::VPCEndpoint": Loss("VPC endpoint", "calls to the AWS service go another way, or fail"),
    "AWS::Route53::HostedZone": Loss("hosted zone", "every name in it is lost"),
    "AWS::Route53::RecordSet": Loss("DNS record", "whoever looks the name up finds nothing any more"),
    "AWS::CertificateManager::Certificate": Loss("certificate", "whatever uses it needs another one"),
    "AWS::IAM::Role": Loss("role", "what acts as it may do nothing any more", "RoleName"),
    "AWS::CloudWatch::Dashboard": Loss("dashboard", "changes made by hand are lost", "DashboardName"),
}
"""Types of which something is lost, the most important first.

Source of each `name`: the type's page in the CloudFormation Template Reference.
"""

UNSAID = {
    "AWS::ECS::TaskDefinition",  # a revision is never in the way of another one
    "AWS::CloudWatch::Alarm",  # said as an alarm that goes
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::ApplicationAutoScaling::ScalableTarget",  # said as the number of tasks
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::IAM::Policy",  # fewer rights are no danger, and new ones are said
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::Logs::QueryDefinition",
    "AWS::Logs::MetricFilter",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::RouteTable",
    "AWS::EC2::FlowLog",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::ServiceDiscovery::Instance",  # said of the name that it is registered under
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "Custom::AWS",
}
"""Types whose deletion loses nothing by itself, or is said elsewhere."""

GENERAL = Loss("", "what it holds is lost, if it holds anything")
"""Of every other type."""

NO_TWO = {
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::Route",
    "AWS::ServiceDiscovery::Service",
    "AWS::ServiceDiscovery::PrivateDnsNamespace",
}
"""Types of which AWS refuses one that is the same as another: errors `InvalidPermission.Duplicate`,
`RouteAlreadyExists`, `ServiceAlreadyExists` and `NamespaceAlreadyExists` of their APIs.
"""
