"""The CDK app: defines the stacks of one environment from its YAML file."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App, Environment

from stacks.validation import ValidationInAdvance

VALIDATION = ValidationInAdvance()
if __name__ == "__main__":
    VALIDATION.start()  # Node works on it while Python imports what follows

from ecs_envoy import RoutedService
from ecs_envoy.configuration import Configuration, load_configuration
from ecs_envoy.configuration.loading import located
from ecs_envoy.configuration.plans import cut_overs
from ecs_envoy.configuration.proxies.views import stack_name, views
from ecs_envoy.configuration.stacks.numbers import (
    defined_monitoring_stacks,
    defined_stacks,
    monitoring_stack_name,
)
from ecs_envoy.configuration.stacks.sizes import template_findings
from ecs_envoy.configuration.telemetry import CloudWatch
from ecs_envoy.from_configuration.everything import mark_everything
from ecs_envoy.from_configuration.lookups import missing_lookups
from ecs_envoy.plan.limits.service_stacks import services_stack_name
from ecs_envoy.plan.limits.templates import excesses
from envoy_config.settings_error import Finding, SettingsError
from stacks.nag import NoNagError, add_nag
from stacks.network import NetworkStack
from stacks.proxy import ProxyStack
from stacks.services import ServicesStack


def define_stacks(app: App, configuration: Configuration) -> None:
    """Define the stacks of one environment, in the order that `cdk deploy --all` follows."""
    env = Environment(account=configuration.account, region=configuration.region)
    name = configuration.environment

    base = NetworkStack(app, f"{name}-network", env=env, configuration=configuration)
    services = [
        ServicesStack(
            app,
            services_stack_name(name, number),
            env=env,
            configuration=configuration,
            network=base.network,
            number=number,
        )
        for number in defined_stacks(configuration)
    ]
    proxies = [_define_proxy_stacks(app, env, view, base, services) for view in views(configuration)]
    # This stack and some of a proxy are imported only if they are used, because the imports take time.
    if configuration.api:
        from stacks.api import ApiStack

        api = ApiStack(
            app,
            f"{name}-api",
            env=env,
            configuration=configuration,
            api=configuration.api,
            network=base.network,
            proxies=[stack.proxy for stack in proxies],
        )
        for stack in proxies:
            api.add_stack_dependency(stack)
    mark_everything(app, configuration)


def _define_proxy_stacks(
    app: App, env: Environment, view: Configuration, base: NetworkStack, stacks: Sequence[ServicesStack]
) -> ProxyStack:
    """Define the stacks of the proxy of `view`, a configuration with one proxy; return its own."""
    services = [service for stack in stacks for service in stack.services]
    proxy = ProxyStack(
        app,
        stack_name(view),
        env=env,
        configuration=view,
        network=base.network,
        services=services,
        security_group=base.proxy_security_groups[view.proxy.name],
    )
    # There is no reference between them. With this order, the first look-ups of a new proxy find tasks.
    for stack in stacks:
        proxy.add_stack_dependency(stack)
    if any(cut_overs(view)):
        from stacks.cut_over import CutOverStack

        CutOverStack(
            app, stack_name(view, "cut-over"), env=env, configuration=view, proxy=proxy.proxy
        ).add_stack_dependency(proxy)
    if view.telemetry.cloudwatch:
        _define_monitoring_stacks(app, env, view, view.telemetry.cloudwatch, proxy, services)
    return proxy


def _define_monitoring_stacks(
    app: App,
    env: Environment,
    view: Configuration,
    settings: CloudWatch,
    proxy: ProxyStack,
    services: Sequence[RoutedService],
) -> None:
    """Define the stack of the proxy's alarms and topic, and one for the services of each further stack."""
    from stacks.monitoring import MonitoringStack, ServiceMonitoringStack

    one, *others = defined_monitoring_stacks(view)
    first = MonitoringStack(
        app,
        monitoring_stack_name(view, one),
        env=env,
        configuration=view,
        settings=settings,
        proxy=proxy.proxy,
        services=services,
        one_of_several=bool(others),
    )
    for number in others:
        ServiceMonitoringStack(
            app,
            monitoring_stack_name(view, number),
            env=env,
            configuration=view,
            number=number,
            first=first,
            services=services,
        )


def configuration_file(app: App) -> Path:
    """Return the file that the context key `config` names; `config/example.yaml` by default.

    Raises:
        ValueError: The value of the key is not a path.

    """
    value = app.node.try_get_context("config")
    if value is None:
        return Path("config/example.yaml")
    if not isinstance(value, str) or not value:
        raise ValueError(
            f"context key config: {value!r} is not a path; give the path of a YAML file, "
            "as in --context config=config/example.yaml"
        )
    return Path(value)


def main(app: App) -> int:
    """Synthesize the configuration that the context of `app` names; return the exit status."""
    # The CDK says of a stack with too many resources only how many there are; we say what to do, too.
    app.node.set_context("@aws-cdk/core:stackResourceLimit", 0)
    out = Path(app.outdir)
    before = set(out.iterdir())
    try:
        path = configuration_file(app)
        configuration = load_configuration(path)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if unknown := _unknown_without_credentials(app, configuration):
        print(located(path, unknown), file=sys.stderr)
        return 2
    try:
        define_stacks(app, configuration)
        add_nag(app)
    except NoNagError as error:
        print(error, file=sys.stderr)
        _remove(set(out.iterdir()) - before)
        return 2
    except SettingsError as error:
        print(located(path, error.problems), file=sys.stderr)
        _remove(set(out.iterdir()) - before)
        return 2
    except (ValueError, RuntimeError) as error:
        # jsii raises the CDK's own errors as RuntimeError.
        source = "refused by the CDK: " if isinstance(error, RuntimeError) else ""
        print(f"{path}: {source}{str(error).splitlines()[0]}", file=sys.stderr)
        _remove(set(out.iterdir()) - before)
        return 2
    try:
        app.synth()
    except RuntimeError as error:
        # The CDK has already printed what its validation found.
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    if found := template_findings(configuration, excesses(out)):
        print(located(path, found), file=sys.stderr)
        return 2
    return 0


def _unknown_without_credentials(app: App, configuration: Configuration) -> list[Finding]:
    """Return what the CDK CLI would have to look up, if it has no credentials to do so.

    The CLI names the account of its credentials in CDK_DEFAULT_ACCOUNT before it starts this app. Without
    this check it would synthesize twice with invented ids, and report each of them as an error.
    """
    if "CDK_CLI_VERSION" not in os.environ or "CDK_DEFAULT_ACCOUNT" in os.environ:
        return []
    return list(missing_lookups(configuration, app.node.get_all_context()))


def _remove(paths: set[Path]) -> None:
    """Remove assets that were written to the output folder before the configuration was refused."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(VALIDATION.app()))
