"""The CDK app: one environment's YAML file in, its stacks out."""

import shutil
import sys
from pathlib import Path

from aws_cdk import App, Environment

from ecs_envoy.configuration import Configuration, load_configuration
from stacks.network import NetworkStack
from stacks.proxy import ProxyStack
from stacks.services import ServicesStack


def define_stacks(app: App, configuration: Configuration) -> None:
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
    # What only some environments have is imported here: the others should not wait for it.
    if configuration.api:
        from stacks.api import ApiStack

        ApiStack(
            app,
            f"{name}-api",
            env=env,
            configuration=configuration,
            api=configuration.api,
            network=base.network,
            proxy=proxy.proxy,
        ).add_stack_dependency(proxy)
    if configuration.telemetry.cloudwatch:
        from stacks.monitoring import MonitoringStack

        MonitoringStack(
            app,
            f"{name}-monitoring",
            env=env,
            configuration=configuration,
            settings=configuration.telemetry.cloudwatch,
            proxy=proxy.proxy,
            services=services.services,
        )


def configuration_file(app: App) -> Path:
    """Return the file that the context key `config` names; `config/example.yaml` without one.

    Raises:
        ValueError: The key holds something else.

    """
    value = app.node.try_get_context("config")
    if value is None:
        return Path("config/example.yaml")
    if not isinstance(value, str) or not value:
        raise ValueError(
            f"context key config: {value!r} is not a path; give that of a YAML file, "
            "as in --context config=config/example.yaml"
        )
    return Path(value)


def main(app: App) -> int:
    """Synthesize the configuration that the context of `app` names; return the exit status."""
    out = Path(app.outdir)
    before = set(out.iterdir())
    try:
        path = configuration_file(app)
        configuration = load_configuration(path)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        define_stacks(app, configuration)
    except (ValueError, RuntimeError) as error:
        # jsii brings the CDK's own refusals as RuntimeError.
        by_the_cdk = "refused by the CDK: " if isinstance(error, RuntimeError) else ""
        print(f"{path}: {by_the_cdk}{str(error).splitlines()[0]}", file=sys.stderr)
        _remove(set(out.iterdir()) - before)
        return 2
    try:
        app.synth()
    except RuntimeError as error:
        # The CDK has listed what its own validation found.
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    return 0


def _remove(staged: set[Path]) -> None:
    """Remove the assets that were put into the output folder before the configuration was refused."""
    for path in staged:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(App()))
