"""Keys of tasks, roles, sidecars, the ALB and overrides: what is refused, with line and cure."""

from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from ecs_envoy.cli.main import cli
from ecs_envoy.configuration.schema import schema as json_schema_of_file
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems

SIDECAR = "sidecars: {agent: {image: 'example.com/agent:1'"
IMAGE = "{image: 'example.com/agent:1'}"
LOGIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:login-AbCdEf"
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
DATADOG = f"proxy: {{memory: 1024}}\ntelemetry: {{datadog: {{api_key_secret: '{LOGIN}'}}}}"
CONDITIONS = "task_policy: [{actions: ['s3:GetObject'], resources: ['*'], conditions: {"
API = "api:\n  image: example.com/api:1\n"
CERTIFICATE = "  certificate: arn:aws:acm:eu-west-1:111122223333:certificate/0f1e\n"
ZONE = "hosted_zone: example.com, hosted_zone_id: Z0123456789ABCDEFGHIJ"
ROLE = "arn:aws:iam::111122223333:role/lessons"

SERVICE = [
    pytest.param("cpu_architecture: arm", "cpu_architecture: 'arm' is unknown; give one of 'x86_64' or 'arm64'", id="architecture"),
    pytest.param("capacity_providers: [{provider: SPOT}]", "capacity_providers[0].provider: 'SPOT' is unknown; give one of 'FARGATE' or 'FARGATE_SPOT'", id="provider"),
    pytest.param("capacity_providers: [{provider: FARGATE}, {provider: FARGATE}]", "capacity_providers: gives a capacity provider twice; give each once", id="provider twice"),
    pytest.param("capacity_providers: [{provider: FARGATE, base: 1}, {provider: FARGATE_SPOT, base: 1}]", "capacity_providers: gives two capacity providers a base; give one of them a base", id="two bases"),
    pytest.param("capacity_providers: [{provider: FARGATE, weight: 0}]", "capacity_providers: gives every capacity provider the weight 0; give one of them more", id="no weight"),
    pytest.param("capacity_providers: [{provider: FARGATE, weight: 1001}]", "capacity_providers[0].weight: 1001 is not a weight of a capacity provider; give a number from 0 to 1000", id="weight"),
    pytest.param("capacity_providers: [{provider: FARGATE, base: -1}]", "capacity_providers[0].base: -1 is not a number of tasks on a capacity provider; give", id="base"),
    pytest.param("execution_role: lessons", "execution_role: 'lessons' is not the ARN of an IAM role; give one such as arn:aws:iam::111122223333:role/lessons", id="execution role"),
    pytest.param("task_role: arn:aws:iam::1:role/a", "task_role: 'arn:aws:iam::1:role/a' is not the ARN of an IAM role", id="task role"),
    pytest.param(f"task_role: {ROLE}\n    task_policy: [{{actions: ['s3:Get*'], resources: ['*']}}]", "task_policy: has no effect on a task_role that exists; remove one of the two", id="policy of another's role"),
    pytest.param("task_policy: [{actions: [GetObject], resources: ['*']}]", "task_policy[0].actions[0]: 'GetObject' is not an action of IAM; give its service and name, such as s3:GetObject", id="action"),
    pytest.param("task_policy: [{actions: ['s3:GetObject'], resources: [bucket]}]", "task_policy[0].resources[0]: 'bucket' is not the ARN of a resource; give one such as arn:aws:s3:::lessons/*", id="resource"),
    pytest.param("task_policy: [{actions: ['s3:GetObject']}]", "task_policy[0].resources: missing; give the ARNs of resources", id="no resource"),
    pytest.param("task_policy: [{actions: ['s3:GetObject'], resources: ['arn:aws:bucket']}]", "task_policy[0].resources[0]: 'arn:aws:bucket' is not the ARN of a resource; give one such as arn:aws:s3:::lessons/*", id="half an ARN"),
    pytest.param(f"{CONDITIONS}StringEqual: {{'aws:SourceVpc': vpc-0}}}}}}]", "task_policy[0].conditions.StringEqual: 'StringEqual' is not a condition operator of IAM; give one such as StringEquals, ArnLike or Bool", id="operator"),
    pytest.param(f"{CONDITIONS}StringEquals: {{}}}}}}]", "task_policy[0].conditions.StringEquals: is empty; give at least one entry", id="operator of nothing"),
    pytest.param(f"{CONDITIONS}Bool: {{'aws:SecureTransport': true}}}}}}]", "task_policy[0].conditions.Bool.aws:SecureTransport: true is not a value of a condition, or a list of them; give text in quotes", id="flag as a value"),
    pytest.param(f"{CONDITIONS}StringEquals: {{'aws:SourceVpc': [vpc-0, 1]}}}}}}]", "task_policy[0].conditions.StringEquals.aws:SourceVpc[1]: 1 is not a value of a condition; give text in quotes", id="value in a list"),
    pytest.param("tags: {'aws:a': b}", "tags.aws:a: 'aws:a' is not the key of a tag; give letters, digits, spaces and _.:/=+-@, without aws:", id="tag's key"),
    pytest.param("tags: {'AWS:a': b}", "tags.AWS:a: 'AWS:a' is not the key of a tag; give letters, digits, spaces and _.:/=+-@, without aws:", id="tag's key in capitals"),
    pytest.param("tags: {Team: a, team: b}", "tags: 'Team' and 'team' are one key for an IAM role; give one of them", id="tag twice"),
    pytest.param(f"tags: {{{', '.join(f'a{n}: b' for n in range(48))}}}", "tags: are 48, and AWS takes 50 of a resource, of which the CDK may use three; give 47 at most", id="too many tags"),
    pytest.param("tags: {Team: a}\ntags: {team: b}", "tags.Team: differs from 'team' under the file's tags only by its capitals, and both are one key for an IAM role; give one of them", id="tag of the file"),
    pytest.param("tags: {a: b}\ntags: {" + ", ".join(f"b{n}: b" for n in range(47)) + "}", "tags: are 48 with those of the file, and AWS takes 50 of a resource, of which the CDK may use three; give fewer", id="too many tags with those of the file"),
    pytest.param("tags: {a: 'b*'}", "tags.a: 'b*' is not the value of a tag; give letters, digits, spaces", id="tag's value"),
    pytest.param("command: --fast", "command: '--fast' is not a list; give one, such as ['--fast']", id="command"),
    pytest.param(f"command: [{'x' * 56000}]", "command: is the largest of the texts that take 56002 bytes together, and 55296 fit a task definition; give less", id="command of 56 kB"),
    pytest.param(f"command: [{'x' * 20000}]\n    {SIDECAR}, command: [{'x' * 20000}], environment: {{A: {'x' * 20000}}}}}}}", "sidecars: is the largest of the texts that take 60009 bytes together, and 55296 fit a task definition; give less", id="texts of 60 kB"),
    pytest.param("entry_point: [1]", "entry_point[0]: 1 is not a string on one line; give one line of text", id="entry point"),
    pytest.param("enable_execute_command: 'yes'", "enable_execute_command: 'yes' is not true or false; give one of the two, without quotes", id="ECS Exec"),
    pytest.param("ephemeral_storage: 20", "ephemeral_storage: 20 is not a size of Fargate's ephemeral storage in GiB; give a number from 21 to 200", id="disk"),
    pytest.param("ulimits: {nofile: {soft: 20, hard: 10}}", "ulimits.nofile.hard: is 10, less than the soft limit; give 20 or more", id="open files"),
    pytest.param("ulimits: {nproc: {soft: 20, hard: 30}, nofile: {soft: 1, hard: 2}}", "ulimits.nproc: unknown key; give one of nofile", id="another ulimit"),
    pytest.param("volumes: {data: {file_system: data, mount_path: /data}}", "volumes.data.file_system: 'data' is not a file system's id; give one such as fs-0123456789abcdef0", id="file system"),
    pytest.param("volumes: {data: {file_system: fs-01234567, mount_path: data}}", "volumes.data.mount_path: 'data' is not an absolute path; give one without '..', such as /data", id="mount path"),
    pytest.param("volumes: {data: {file_system: fs-01234567, mount_path: /d, access_point: fsap-01234567, root_directory: /a}}", "volumes.data.root_directory: the access point decides the folder; remove one of the two", id="two folders"),
    pytest.param("volumes: {data: {file_system: fs-01234567, mount_path: /d, security_group: efs}}", "volumes.data.security_group: 'efs' is not a security group's id; give", id="mount targets"),
    pytest.param("sidecars: {agent: {}}", "sidecars.agent.image: missing; give the container image, with its tag or digest", id="sidecar without image"),
    pytest.param("sidecars: {service: {image: 'a.example/b:1'}}", "sidecars.service: is the name of a container that we add; give another name", id="sidecar's name"),
    pytest.param(f"{SIDECAR}, ports: [50051]}}}}", "sidecars.agent.ports[0]: 50051 is the port of service; the containers of a task share one network, so give another", id="sidecar's port"),
    pytest.param(f"{SIDECAR}, memory: 512}}}}", "sidecars: take 512 MiB of the task's 512; give less, or more memory", id="sidecar's memory"),
    pytest.param(f"{SIDECAR}, cpu: 256}}}}", "sidecars: take 256 of the task's 256 CPU units; give less, or more cpu", id="sidecar's CPU"),
    pytest.param(f"{SIDECAR}, container_health_check: {{command: [a], interval: 5s, timeout: 6s}}}}}}", "sidecars.agent.container_health_check.timeout: is 6s, longer than the interval; give 5s at most", id="sidecar's check"),
    pytest.param(f"sidecars: {{{', '.join(f'a{n}: {IMAGE}' for n in range(9))}}}", "sidecars: are 9, and a task has at most 10 containers, the server and pre-stop among them; give 8 at most", id="too many sidecars"),
    pytest.param(f"{SIDECAR}, ports: [8126]}}}}\n{DATADOG}", "sidecars.agent.ports[0]: 8126 is the port of Datadog's trace agent; give another port", id="port of our agent"),
    pytest.param(f"{SIDECAR}, memory: 256}}}}\n{DATADOG}", "sidecars: take 256 MiB, and Datadog's agent 256, of the task's 512; give less, or more memory", id="memory beside our agent"),
    pytest.param(f"{SIDECAR}, cpu: 224}}}}\n{DATADOG}", "sidecars: take 224, and Datadog's agent 32, of the task's 256 CPU units; give less, or more cpu", id="CPU beside our agent"),
    pytest.param("volumes: {a: {file_system: fs-01234567, mount_path: /d}, b: {file_system: fs-01234567, mount_path: /d/}}", "volumes.b.mount_path: '/d/' is the path of the volume a; give each its own", id="path twice"),
    pytest.param("volumes: {a: {file_system: fs-01234567, mount_path: /}}", "volumes.a.mount_path: '/' is the container's own root; give a folder, such as /data", id="root"),
    pytest.param(f"{SIDECAR}, environment: {{A: x}}, secrets: {{A: 'arn:aws:ssm:eu-west-1:111122223333:parameter/a'}}}}}}", "sidecars.agent.secrets.A: is also a variable under environment; remove one of the two", id="sidecar's variable twice"),
    pytest.param(f"{SIDECAR}, depends_on: {{other: START}}}}}}", "sidecars.agent.depends_on.other: no container has this name; give one of agent, service", id="unknown container"),
    pytest.param(f"{SIDECAR}, depends_on: {{service: HEALTHY}}}}}}", "sidecars.agent.depends_on.service: service has no container_health_check, so it is never healthy; give it one, or START", id="no check"),
    pytest.param(f"{SIDECAR}, essential: true}}}}\n    depends_on: {{agent: SUCCESS}}", "depends_on.agent: agent is essential, and the task stops when it ends; give START or HEALTHY", id="end of an essential one"),
    pytest.param(f"{SIDECAR}, depends_on: {{service: START}}}}}}\n    depends_on: {{agent: START}}", "sidecars: wait for each other: service -> agent -> service; remove one depends_on", id="circle"),
    pytest.param("depends_on: {agent: READY}", "depends_on.agent: 'READY' is unknown; give one of 'START', 'HEALTHY', 'COMPLETE' or 'SUCCESS'", id="condition"),
    pytest.param("repository_credentials: login", "repository_credentials: 'login' is not a secret's ARN; give the complete ARN", id="login"),
    pytest.param("log: {retention_days: 2}", "log.retention_days: 2 is not a number of days that CloudWatch Logs offers; give one of 1, 3, 5", id="retention"),
    pytest.param("log: {kms_key: alias/logs}", "log.kms_key: 'alias/logs' is not the ARN of a KMS key; give one such as arn:aws:kms:", id="log's key"),
    pytest.param("tasks: {min: 1, max: 2, memory_percent: 95}", "tasks.memory_percent: 95 is not a percentage of memory; give a number from 10 to 90", id="memory percentage"),
    pytest.param("tasks: {min: 2, max: 2, memory_percent: 70}", "tasks.memory_percent: has no effect, because min is max; remove it, or give a larger max", id="no scaling"),
    pytest.param("tasks: {min: 1, max: 2, calls_per_second: 50}", "tasks.calls_per_second: are counted by Envoy and read from CloudWatch; also give telemetry.cloudwatch", id="calls without metrics"),
    pytest.param("tasks: {min: 1, max: 2, calls_per_second: 0}\ntelemetry: {cloudwatch: true}", "tasks.calls_per_second: 0 is not a number of calls a second; give a number from 0.1", id="no calls"),
    pytest.param("overrides: {scaling_target: {MaxCapacity: 9}}", "overrides.scaling_target: is not there, because tasks is a number; remove it, or give tasks a min and a max", id="target of a number"),
    pytest.param(f"task_role: {ROLE}\n    overrides: {{task_role: {{Path: /a/}}}}", "overrides.task_role: is a role that exists; remove it", id="role that exists"),
    pytest.param(f"execution_role: {ROLE}\n    overrides: {{execution_role: {{Path: /a/}}}}", "overrides.execution_role: is a role that exists; remove it", id="execution role that exists"),
    pytest.param("overrides: {task_definition: {'': task}}", "overrides.task_definition: '' is not the path of a property; give one such as Volumes.0.Name", id="no path"),
    pytest.param("overrides: {task_definition: {'Volumes..Name': a}}", "overrides.task_definition: 'Volumes..Name' is not the path of a property; give one such as Volumes.0.Name", id="path with nothing between dots"),
    pytest.param("overrides: {task_definition: {Properties.PidMode: a}}", "overrides.task_definition: 'Properties.PidMode' is not the path of a property; give one such as Volumes.0.Name", id="path from the resource"),
    pytest.param("overrides: {task: {PidMode: task}}", "overrides.task: 'task' is unknown; give one of 'task_definition', 'ecs_service', 'security_group'", id="place"),
    pytest.param("overrides: {task_definition: PidMode}", "overrides.task_definition: 'PidMode' is not a mapping; give a property's path and its value", id="no properties"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "message"), SERVICE)
def test_fails_on_a_key_of_a_services_task(keys: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + f"    {keys}\n")
    assert len(found) == 1, found
    assert f" services.lessons.{message}" in found[0]


OTHERS = [
    pytest.param("proxy: {cpu_architecture: arm}\n", "proxy.cpu_architecture: 'arm' is unknown", id="proxy's architecture"),
    pytest.param("proxy: {capacity_providers: [{provider: FARGATE, weight: 0}]}\n", "proxy.capacity_providers: gives every capacity provider the weight 0", id="proxy's providers"),
    pytest.param("proxy: {overrides: {load_balancer: {}}}\n", "proxy.overrides.load_balancer: 'load_balancer' is unknown; give one of", id="proxy's place"),
    pytest.param("proxy: {overrides: {metrics_log_group: {RetentionInDays: 3}}}\n", "proxy.overrides.metrics_log_group: is not there without telemetry.cloudwatch; remove it", id="log of no metrics"),
    pytest.param("proxy: {overrides: {scaling_target: {MaxCapacity: 3}}}\n", "proxy.overrides.scaling_target: is not there, because tasks is a number; remove it, or give tasks a min and a max", id="target of the proxy's number"),
    pytest.param("network: {vpc_id: vpc-01234567, overrides: {vpc: {EnableDnsSupport: true}}}\n", "network.overrides.vpc: exists already; remove it", id="VPC that exists"),
    pytest.param("network: {vpc_id: vpc-01234567, ecs_cluster: a, overrides: {ecs_cluster: {ClusterName: b}}}\n", "network.overrides.ecs_cluster: exists already; remove it", id="ECS cluster that exists"),
    pytest.param("network: {overrides: {subnets: {}}}\n", "network.overrides.subnets: 'subnets' is unknown; give one of 'vpc', 'ecs_cluster' or 'namespace'", id="network's place"),
    pytest.param("tags: {a: 1}\n", "tags.a: 1 is not the value of a tag; give", id="tag of everything"),
    pytest.param("permissions_boundary: boundary\n", "permissions_boundary: 'boundary' is not the ARN of a managed policy; give one such as arn:aws:iam::111122223333:policy/boundary", id="boundary"),
    pytest.param("telemetry: {access_log: {kms_key: a}}\n", "telemetry.access_log.kms_key: 'a' is not the ARN of a KMS key", id="log's key"),
    pytest.param("telemetry: {cloudwatch: {topic_kms_key: a}}\nproxy: {memory: 1024}\n", "telemetry.cloudwatch.topic_kms_key: 'a' is not the ARN of a KMS key", id="topic's key"),
    pytest.param("telemetry: {cloudwatch: {topic_kms_key: 'arn:aws:kms:eu-west-1:111122223333:key/1', topic: 'arn:aws:sns:eu-west-1:111122223333:alarms'}}\n", "telemetry.cloudwatch.topic_kms_key: encrypts a new topic only; remove one of the two", id="key of another's topic"),
    pytest.param("telemetry: {datadog: {services: 1, api_key_secret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf'}}\nproxy: {memory: 1024}\n", "telemetry.datadog.services: 1 is not true or false", id="Datadog in services"),
    pytest.param(API, "api.certificate: missing; give the ARN of the ALB's ACM certificate, or http_only: true", id="no certificate"),
    pytest.param(API + CERTIFICATE + "  http_only: true\n", "api.http_only: has no use for a certificate; remove one of the two", id="certificate without HTTPS"),
    pytest.param(API + CERTIFICATE + f"  domain: {{name: api.example.org, {ZONE}}}\n", "api.domain.name: 'api.example.org' is not in the zone example.com; give a name that ends in it", id="another zone"),
    pytest.param(API + CERTIFICATE + f"  domain: {{name: api, {ZONE}}}\n", "api.domain.name: 'api' is not a domain name; give labels joined by dots", id="domain"),
    pytest.param(API + CERTIFICATE + "  web_acl: acl\n", "api.web_acl: 'acl' is not the ARN of a regional web ACL; give", id="web ACL"),
    pytest.param(API + CERTIFICATE + "  internal: 1\n", "api.internal: 1 is not true or false", id="internal"),
    pytest.param(API + CERTIFICATE + "  tasks: {min: 1, max: 2, calls_per_second: 5}\n", "api.tasks.calls_per_second: unknown key; give one of", id="calls of the API"),
    pytest.param(API.replace("example.com", ECR) + CERTIFICATE + f"  repository_credentials: {LOGIN}\n", "api.repository_credentials: ECR takes no login; remove it", id="login of ECR"),
    pytest.param(API + CERTIFICATE + f"  sidecars: {{a: {{image: '{ECR}/a:1', repository_credentials: '{LOGIN}'}}}}\n", "api.sidecars.a.repository_credentials: ECR takes no login; remove it", id="login of ECR for a sidecar"),
    pytest.param(API + CERTIFICATE + "  overrides: {cloud_map_service: {}}\n", "api.overrides.cloud_map_service: 'cloud_map_service' is unknown", id="API's place"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), OTHERS)
def test_fails_on_a_key_of_the_api_the_proxy_or_everything(text: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + text)
    assert len(found) == 1, found
    assert f" {message}" in found[0]


VPC = "id: vpc-0123456789abcdef0, cidr: 10.0.0.0/16"
TWO = "availability_zones: [eu-west-1a, eu-west-1b]"
IDS = "ids: [subnet-00000001, subnet-00000002]"
PAIR = f"subnets: [{{group: App, kind: private, {IDS}}}]"
ID = "vpc_id: vpc-0123456789abcdef0"
NETWORKS = [
    pytest.param(f"vpc: {{{VPC}, {TWO}, {PAIR}}}, {ID}", "network.vpc: is given together with vpc_id; remove one of the two", id="both"),
    pytest.param(f"vpc: {{{VPC}, availability_zones: [eu-west-1a], subnets: [{{group: App, kind: private, ids: [subnet-00000001]}}]}}", "network.vpc.availability_zones: one zone can fail; give at least two", id="one zone"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, subnets: [{{group: App, kind: private, ids: [subnet-00000001]}}]}}", "network.vpc.subnets[0].ids: has 1 for 2 zones; give one for each zone", id="a zone without a subnet"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, subnets: [{{group: App, kind: private, ids: [subnet-00000001, subnet-00000001]}}]}}", "network.vpc.subnets[0].ids[1]: subnet-00000001 is given twice; give each subnet once", id="subnet twice"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, subnets: [{{group: App, kind: nat, {IDS}}}]}}", "network.vpc.subnets[0].kind: 'nat' is unknown; give one of 'private', 'isolated' or 'public'", id="kind"),
    pytest.param(f"vpc: {{{VPC}, {TWO}}}", "network.vpc.subnets: missing; give its subnets, by group", id="no subnets"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, {PAIR}}}, endpoints: true", "network.vpc.subnets[0].route_tables: missing, and S3's endpoint needs them; give a route table for each zone", id="no route tables"),
    pytest.param("endpoints: true", "network.endpoints: are for a VPC that exists; give network.new.interface_endpoints for a new one", id="endpoints of a new VPC"),
    pytest.param("subnets: {proxy: {kind: public}}", "network.subnets: are those of a VPC that exists; also give network.vpc_id", id="subnets of a new VPC"),
    pytest.param(f"{ID}, subnets: {{proxy: {{}}}}", "network.subnets.proxy: says nothing about which subnets; give one of kind, group, ids and tags", id="nothing"),
    pytest.param(f"{ID}, subnets: {{services: {{kind: private, group: App}}}}", "network.subnets.services: gives kind and group; give one of kind, group, ids and tags", id="two ways"),
    pytest.param(f"{ID}, subnets: {{proxy: {{ids: [App]}}}}", "network.subnets.proxy.ids[0]: 'App' is not a subnet's id; give one such as subnet-0123456789abcdef0", id="an id"),
    pytest.param(f"{ID}, subnets: {{proxy: {{tags: {{A: b, C: d}}}}}}", "network.subnets.proxy.tags: the CDK finds subnets by one tag; give the same key everywhere, and group nowhere", id="two tags"),
    pytest.param(f"{ID}, subnets: {{proxy: {{kind: isolated}}}}", "network.subnets.proxy: isolated subnets have no way to Docker Hub and ECR Public; also give image_mirror", id="no way to the images"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, {PAIR}}}, new: {{}}", "network.vpc: is given together with settings of a new VPC; give either the VPC to create or the one to use", id="a new VPC, too"),
    pytest.param(f"vpc: {{{VPC}, availability_zones: [eu-west-1a, us-east-1a], {PAIR}}}", "network.vpc.availability_zones[1]: 'us-east-1a' is not in eu-west-1; give a zone of that region, such as euw1-az1", id="zone of another region"),
    pytest.param(f"vpc: {{{VPC}, availability_zones: [eu-west-1a, euw1-az1], {PAIR}}}", "network.vpc.availability_zones: gives some zones by id and some by name, which may be the same zone; give ids only", id="ids and names"),
    pytest.param(f"vpc: {{{VPC}, {TWO}, {PAIR[:-1]}, {{group: App, kind: public, ids: [subnet-00000003, subnet-00000004]}}]}}", "network.vpc.subnets[1].group: App is also a group of private subnets; give each group one kind", id="group of two kinds"),
    pytest.param(f"{ID}, subnets: {{api: {{group: App}}}}", "network.subnets.api: says where the API's tasks run, and the file has no api; remove it", id="no API"),
    pytest.param(f"{ID}, subnets: {{load_balancer: {{group: App}}}}", "network.subnets.load_balancer: says where the API's ALB is, and the file has no api; remove it", id="no ALB"),
    pytest.param(f"{ID}, subnets: {{database: {{kind: isolated}}}}", "network.subnets.database: unknown key; give one of proxy, services, api, load_balancer", id="purpose"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "message"), NETWORKS)
def test_fails_on_a_network_that_exists(keys: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + f"network: {{{keys}}}\n")
    assert len(found) == 1, found
    assert f" {message}" in found[0]


def test_fails_on_route_tables_of_some_subnets_of_a_kind(tmp_path: Path) -> None:
    tables = "route_tables: [rtb-00000001, rtb-00000002]"
    first = f"{{group: App, kind: private, {IDS}, {tables}}}"
    second = "{group: Data, kind: private, ids: [subnet-00000003, subnet-00000004]}"
    text = GOOD + f"network: {{vpc: {{{VPC}, {TWO}, subnets: [{first}, {second}]}}}}\n"
    (found,) = problems(tmp_path, text)
    assert (
        "network.vpc.subnets: gives route tables of some private subnets; give those of all, or of none"
        in found
    )


def test_fails_on_subnets_of_services_that_are_not_deployed_here(tmp_path: Path) -> None:
    text = GOOD.partition("services:")[0].replace(
        "learning.local\n", "learning.local\n  id: ns-0123456789abcdef\n"
    )
    text += "existing_services: {lessons: {cloud_map_service: lessons, grpc_services: [a.B]}}\n"
    (found,) = problems(tmp_path, text + f"network: {{{ID}, subnets: {{services: {{group: App}}}}}}\n")
    assert found.partition(": ")[2] == (
        "network.subnets.services: says where the tasks of services run, and the file has no services; "
        "remove it"
    )


@pytest.mark.parametrize("block", ["proxy: {tasks: 3}", "services: {a: {image: 'a/b:1', tasks: 3}}"])
def test_the_schema_takes_a_number_of_tasks_as_the_file_does(block: str) -> None:
    values = {**yaml.safe_load(GOOD), **yaml.safe_load(block)}
    jsonschema.validate(values, json_schema_of_file())  # pyright: ignore[reportUnknownMemberType]


def test_validate_warns_of_a_proxy_on_fargate_spot(tmp_path: Path) -> None:
    path = tmp_path / "spot.yaml"
    path.write_text(
        GOOD + "proxy: {clients: [10.0.0.0/16], capacity_providers: [{provider: FARGATE_SPOT}]}\n"
    )
    done = CliRunner().invoke(cli, ["validate", str(path)])
    assert done.exit_code == 0
    warned = f"{path}: warning: proxy.capacity_providers: clients lose several proxies at once when AWS takes"
    assert done.stderr.startswith(warned)
