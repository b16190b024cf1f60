"""The environment variables that hold the addresses of the proxies."""

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import proxy_clients, servers
from ecs_envoy.configuration.proxies.views import views


def address_variables(configuration: Configuration, path: tuple[str, ...]) -> dict[str, Configuration]:
    """Return the variables of the server at `path`, each with the view of the proxy whose address it holds.

    With `proxy`, the server names the variable. With `proxies`, it has one for each proxy that it may call.
    """
    if not configuration.proxies:
        variable = servers(configuration)[path].proxy_address_variable
        return {variable: configuration} if variable else {}
    return {address_variable(view): view for view in views(configuration) if path[-1] in proxy_clients(view)}


def address_variable(view: Configuration) -> str:
    """Return the variable that holds the address of the proxy of `view`, one of several."""
    name = view.proxy.name
    return view.proxies[name].address_variable or f"{name.replace('-', '_').upper()}_ADDRESS"
