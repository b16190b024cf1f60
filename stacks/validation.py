"""The CDK's validation of templates, made ready while Python imports and checks the configuration."""

import os
from threading import Thread
from types import TracebackType

from aws_cdk import App, CloudFormationValidatePlugin, Validations


class TemplateValidation:
    """Makes the validation of `app` ready in a thread; nothing else may use the CDK until it ends.

    Node takes half a second to read its rules. The CDK does that in `synth()`, where Python can only wait.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        # As the CDK itself: `cdk synth --no-validation` sets the variable.
        self._wanted = os.environ.get("CDK_VALIDATION") != "false"
        self._thread = Thread(target=self._make_ready)

    def _make_ready(self) -> None:
        self._plugin = CloudFormationValidatePlugin()

    def __enter__(self) -> None:
        if self._wanted:
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wanted:
            self._thread.join()
            Validations.of(self._app).add_plugins(self._plugin)
