"""Hand-written resources for tests of what a change means: services, proxies, policies."""

import json
from typing import Any

from tests.ecs_envoy.review.templates import resource

Definitions = dict[str, dict[str, Any]]


def get(name: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def container(
    name: str = "server", image: str = "repository/lessons:1", **properties: object
) -> dict[str, Any]:
    return {"Name": name, "Image": image, **properties}


def service(
    name: str = "lessons",
    *,
    tasks: int = 2,
    containers: list[dict[str, Any]] | None = None,
    cpu: int = 256,
    memory: int = 512,
    public: bool = False,
    deployment: dict[str, Any] | None = None,
    **properties: object,
) -> Definitions:
    """Return an ECS service on Fargate with its task definition, roles and security group."""
    network = {
        "AssignPublicIp": "ENABLED" if public else "DISABLED",
        "SecurityGroups": [get(f"{name}Group", "GroupId")],
    }
    found = {
        f"{name}Service": resource(
            "ECS::Service",
            ServiceName=name,
            DesiredCount=tasks,
            TaskDefinition={"Ref": f"{name}Task"},
            NetworkConfiguration={"AwsvpcConfiguration": network},
            **({"DeploymentConfiguration": deployment} if deployment else {}),
            **properties,
        ),
        f"{name}Task": resource(
            "ECS::TaskDefinition",
            Cpu=str(cpu),
            Memory=str(memory),
            ContainerDefinitions=containers or [container()],
            TaskRoleArn=get(f"{name}Role"),
            ExecutionRoleArn=get(f"{name}ExecutionRole"),
        ),
        f"{name}Role": role(),
        f"{name}ExecutionRole": role(),
        f"{name}Group": group(),
    }
    # As the CDK has them: everything of the service is within one construct.
    for logical_id, definition in found.items():
        definition["Metadata"] = {"aws:cdk:path": f"app/{name}/{logical_id.removeprefix(name)}/Resource"}
    return found


def role(service: str = "ecs-tasks.amazonaws.com") -> dict[str, Any]:
    return resource("IAM::Role", AssumeRolePolicyDocument=document({"Principal": {"Service": service}}))


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **found} for found in statements]}


def policy(
    role: str, actions: list[str], resources: object, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    limits = {"Condition": condition} if condition else {}
    statement = {"Action": actions, "Resource": resources, **limits}
    return resource("IAM::Policy", Roles=[{"Ref": role}], PolicyDocument=document(statement))


def group(
    ingress: list[dict[str, Any]] | None = None, egress: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return a security group that lets nothing out unless `egress` says so."""
    return resource(
        "EC2::SecurityGroup",
        SecurityGroupIngress=ingress or [],
        SecurityGroupEgress=egress or [rule("255.255.255.255/32", 86, "icmp")],
    )


def rule(cidr: str, port: int = 50051, protocol: str = "tcp", last: int | None = None) -> dict[str, Any]:
    return {"CidrIp": cidr, "IpProtocol": protocol, "FromPort": port, "ToPort": last or port}


def bootstrap(
    name: str = "grpc",
    *,
    services: dict[str, list[str]] | None = None,
    found_by: dict[str, str] | None = None,
    checked: bool = True,
    tls: bool = False,
    heap_mib: int = 300,
    connections: int = 1000,
) -> str:
    """Return a bootstrap of ours, as far as the review reads it."""
    routes = services if services is not None else {"lessons": ["learning.v1.Lessons"]}
    clusters: list[Any] = [
        {
            "name": cluster,
            **({"health_checks": [{}], "outlier_detection": {}} if checked else {}),
            **(
                {"type": "EDS"}
                if (found_by or {}).get(cluster) == "cloud_map"
                else {"cluster_type": {"name": "envoy.clusters.dns"}}
            ),
        }
        for cluster in routes
    ]
    chain: dict[str, Any] = {
        "filters": [
            {"match": {"prefix": f"/{proto}/"}, "route": {"cluster": cluster}}
            for cluster, protos in routes.items()
            for proto in protos
        ],
        **({"transport_socket": {}} if tls else {}),
    }
    listener: dict[str, Any] = {
        "name": "grpc",
        "address": {"socket_address": {"port_value": 50051}},
        "filter_chains": [chain],
    }
    return json.dumps(
        {
            "node": {"cluster": name},
            "static_resources": {"listeners": [listener], "clusters": clusters},
            "overload_manager": {
                "max_heap_size_bytes": str(heap_mib * 2**20),
                "max_active_downstream_connections": str(connections),
            },
        }
    )


def proxy(text: str | None = None, *, name: str = "grpc", tasks: int = 2, **properties: Any) -> Definitions:  # noqa: ANN401
    """Return a proxy with its name in Cloud Map; its logical ids start with `proxy` whatever it is called."""
    image = properties.pop("image", "envoy:v1.40.0")
    more = properties.pop("more", [])
    envoy = container(
        "envoy", image, Command=["--config-yaml", text or bootstrap(name), "--concurrency", "1"]
    )
    found = service("proxy", tasks=tasks, containers=[envoy, *more], **properties)
    found["proxyService"]["Properties"].pop("ServiceName")
    found["proxyService"]["Properties"]["ServiceRegistries"] = [{"RegistryArn": get("ProxyName")}]
    return {
        **found,
        "Namespace": resource("ServiceDiscovery::PrivateDnsNamespace", Name="prod.local", Vpc="vpc-1"),
        "ProxyName": resource("ServiceDiscovery::Service", Name=name, NamespaceId=get("Namespace", "Id")),
    }
