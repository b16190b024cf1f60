"""Several proxies in one file, each as a configuration that has only one.

A *view* is a configuration with `proxy`, as all code knows it. A file with `proxy` is its own and only view.
Of a file with `proxies` there is a view for each: its `proxy` is that proxy, and `is_routed` tells its
services. All other blocks are those of the file, since a service may call another through that one's proxy.
"""

from collections.abc import Sequence

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.proxies.blocks import ListedProxy, Proxy
from envoy_config.settings_error import Finding


class UnknownProxyError(ValueError):
    """A file has no proxy with the name that was asked for, or several proxies and none was."""


def views(configuration: Configuration) -> list[Configuration]:
    """Return a configuration with one `proxy` for each proxy of `configuration`, in the order of the file."""
    return [
        configuration.model_copy(update={"proxy": _named(name, listed)})
        for name, listed in configuration.proxies.items()
    ] or [configuration]


def _named(name: str, listed: ListedProxy) -> Proxy:
    given = {key: value for key, value in vars(listed).items() if key in Proxy.model_fields}
    proxy = Proxy.model_construct(
        listed.model_fields_set & given.keys() | {"name"}, **{**given, "name": name}
    )
    for key in Proxy.model_fields.keys() - given.keys() - {"name"}:
        del vars(proxy)[key]  # missing, because only a part of the file could be read
    return proxy


def the_view(configuration: Configuration, name: str | None) -> Configuration:
    """Return the view of the proxy `name`; without a name that of the only proxy.

    Raises:
        UnknownProxyError: There is no such proxy, or there are several and `name` is None.

    """
    found = {view.proxy.name: view for view in views(configuration)}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None:
        raise UnknownProxyError(f"has several proxies; give --proxy and one of {', '.join(sorted(found))}")
    if name not in found:
        raise UnknownProxyError(f"has no proxy {name!r}; give --proxy and one of {', '.join(sorted(found))}")
    return found[name]


def view_of(configuration: Configuration, service: str) -> Configuration:
    """Return the view of the proxy that carries calls to `service`."""
    return next(view for view in views(configuration) if is_routed(view, service))


def is_routed(view: Configuration, service: str) -> bool:
    """Return whether the proxy of `view` carries calls to `service`."""
    return not view.proxies or service in view.proxies[view.proxy.name].services


def carries(view: Configuration, calls: Sequence[str] | None) -> bool:
    """Return whether the proxy of `view` carries some of `calls`, which names services; None means all."""
    return calls is None or any(is_routed(view, name) for name in calls)


def stack_name(view: Configuration, added: str | None = None) -> str:
    """Return the name of the stack of the proxy of `view`, or of one `added` to it, such as monitoring."""
    if not view.proxies:
        return f"{view.environment}-{added or 'proxy'}"
    return "-".join(filter(None, (view.environment, view.proxy.name, added)))


def in_file(view: Configuration, finding: Finding) -> Finding:
    """Return `finding`, about `view`, with the path of the key in the file."""
    path, message = finding
    if not view.proxies or path[:1] != ("proxy",):
        return finding
    rest = () if path[1:] == ("name",) else path[1:]  # its name is the key itself
    return ("proxies", view.proxy.name, *rest), message
