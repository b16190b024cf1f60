"""The CDK app: one environment's YAML file in, its stacks out."""

import sys
from pathlib import Path

from aws_cdk import App, Environment

from ecs_envoy.configuration import Configuration, ConfigurationError, load_configuration
from stacks.api import ApiStack
from stacks.network import NetworkStack
from stacks.observability import ObservabilityStack
from stacks.proxy import ProxyStack
from stacks.services import ServicesStack


def deploy(app: App, configuration: Configuration) -> None:
    """Define the stacks of one environment, in the order that `cdk deploy --all` follows."""
    env = Environment(account=configuration.account, region=configuration.region)
    name = configuration.environment

    base = NetworkStack(app, f"{name}-network", env=env, configuration=configuration)
    services = ServicesStack(
        app, f"{name}-services", env=env, configuration=configuration, network=base.network
    )
    proxy = ProxyStack(
        app,
        f"{name}-proxy",
        env=env,
        configuration=configuration,
        network=base.network,
        services=services.services,
        security_group=base.proxy_security_group,
    )
    # No reference ties them: on the first deployment the proxy's first look-ups find tasks.
    proxy.add_stack_dependency(services)
    if configuration.api:
        ApiStack(
            app,
            f"{name}-api",
            env=env,
            configuration=configuration,
            api=configuration.api,
            network=base.network,
            proxy=proxy.proxy,
        ).add_stack_dependency(proxy)
    if configuration.observability.cloudwatch:
        ObservabilityStack(
            app,
            f"{name}-observability",
            env=env,
            configuration=configuration,
            settings=configuration.observability.cloudwatch,
            proxy=proxy.proxy,
            services=services.services,
        )


def main() -> int:
    """Synthesize the configuration that the context key `config` names; return the exit status."""
    app = App()
    path = Path(app.node.try_get_context("config") or "config/example.yaml")
    try:
        deploy(app, load_configuration(path))
    except (ConfigurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:  # how jsii brings the CDK's own refusals
        print(f"{path}: the CDK refuses it: {str(error).splitlines()[0]}", file=sys.stderr)
        return 2
    try:
        app.synth()
    except RuntimeError as error:
        # The CDK has listed what its own validation found.
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
