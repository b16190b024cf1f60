"""How large the monitoring stacks of a proxy are: an upper estimate without a synth.

The figures are those of templates with four and eight services and names of different lengths; a test holds
the estimate to templates (`tests/stacks/size/test_sizes.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_RESOURCES = 10
"""Dashboard, topic and its policy, metric filter of durations, the proxy's four alarms, and two to spare."""
_ALARMS_OF_SERVICE = 6
QUERIES_OF_SERVICE = 1
"""The alarms of a service that have a query of Metrics Insights: that of the skew."""

_BYTES = 14_000
_BYTES_OF_SERVICE = 12_950
_BYTES_OF_OTHER_TOPIC = 1_750
"""A topic in another stack is named by that stack in each alarm, twice."""
_BYTES_OF_INDENTATION = 5_700
_TIMES_NAME = 131
_TIMES_ENVIRONMENT = 54
_TIMES_PROXY = 42
_TIMES_NAMESPACE = 26
_BYTES_OF_TAG = 24
_BYTES_OF_INDENTED_TAG = 64


@dataclass(frozen=True, kw_only=True)
class MonitoringSize:
    """What decides how large a monitoring stack is.

    Attributes:
        services: The names of its services.
        environment: The environment's name.
        proxy: The proxy's name.
        namespace: The name of the proxy's namespace.
        runbooks: The folder or URL of the runbooks.
        tags: The tags of every resource.
        one_of_several: Whether the proxy has more than one. Such templates have no indentation.

    """

    services: Sequence[str]
    environment: str
    proxy: str
    namespace: str
    runbooks: str
    tags: Mapping[str, str]
    one_of_several: bool

    @property
    def resources(self) -> int:
        """The number of its resources, at most."""
        return _RESOURCES + _ALARMS_OF_SERVICE * len(self.services)

    @property
    def template_bytes(self) -> int:
        """The size of its template, at most."""
        tag = _BYTES_OF_TAG if self.one_of_several else _BYTES_OF_INDENTED_TAG
        tags = sum(len(key) + len(value) + tag for key, value in self.tags.items())
        each = (
            _BYTES_OF_SERVICE
            + _TIMES_ENVIRONMENT * len(self.environment)
            + _TIMES_PROXY * len(self.proxy)
            + _TIMES_NAMESPACE * len(self.namespace)
            + _ALARMS_OF_SERVICE * (len(self.runbooks) + tags)
            + (_BYTES_OF_OTHER_TOPIC if self.one_of_several else _BYTES_OF_INDENTATION)
        )
        return _BYTES + _RESOURCES * tags + sum(each + _TIMES_NAME * len(name) for name in self.services)
