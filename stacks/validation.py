"""The CDK's validation of templates, which Node makes ready while Python imports the rest."""

import os
from concurrent.futures import Future, ThreadPoolExecutor

from aws_cdk import App, CloudFormationValidatePlugin, Validations


class ValidationInAdvance:
    """Makes the validation ready from `start` to `app`; meanwhile nothing else may call Node.

    It takes Node more than half a second to read the rules. The CDK would have that done in `synth()`, while
    Python waits.
    """

    def __init__(self) -> None:
        self._plugin: Future[CloudFormationValidatePlugin] | None = None

    def start(self) -> None:
        """Let Node begin, unless the CDK CLI was told not to validate."""
        if os.environ.get("CDK_VALIDATION") != "false":
            thread = ThreadPoolExecutor(max_workers=1)
            self._plugin = thread.submit(CloudFormationValidatePlugin)
            thread.shutdown(wait=False)

    def app(self) -> App:
        """Wait for Node, and return an app whose templates it validates."""
        plugin = self._plugin and self._plugin.result()
        app = App()
        if plugin:
            Validations.of(app).add_plugins(plugin)
        return app
