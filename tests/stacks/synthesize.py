"""`python -m tests.stacks.synthesize FOLDER CONFIG...`: the stacks of app.py, under cdk-nag's AwsSolutions.

One process for every configuration: to start Node and to load the CDK takes ten times as long as to
synthesize one more.
"""

import sys
import traceback
from pathlib import Path

from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from stacks.nag import CONTEXT_KEY, add_nag


def main() -> None:
    """Synthesize each configuration into FOLDER, in a folder with the configuration's name.

    What ends one early is written to NAME.error, and the next one follows.
    """
    folder, *configs = map(Path, sys.argv[1:])
    for config in configs:
        try:
            _synthesize(config, folder / config.stem)
        except Exception:  # whatever it is: the tests of this configuration show it
            (folder / f"{config.stem}.error").write_text(traceback.format_exc())


def _synthesize(config: Path, out: Path) -> None:
    app = App(outdir=str(out), context={CONTEXT_KEY: True})
    define_stacks(app, load_configuration(config))
    add_nag(app)
    app.synth()


if __name__ == "__main__":
    main()
