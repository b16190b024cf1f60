"""`python -m tests.ecs_envoy.review.synthesize FOLDER CONFIG...`: the stacks of app.py, as diff has them.

One process for every configuration: to start Node and to load the CDK takes ten times as long as to
synthesize one more.
"""

import sys
from pathlib import Path

from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from ecs_envoy.review.revisions.synthesis import SETTINGS, read_cdk_json
from stacks.nag import add_nag

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    folder, *configs = map(Path, sys.argv[1:])
    # Not by CDK_CONTEXT_JSON: Node has started with this process's variables, since `aws_cdk` was imported.
    context = {**read_cdk_json(ROOT).context, **SETTINGS}
    for config in configs:
        app = App(outdir=str(folder / config.stem), context=context)
        define_stacks(app, load_configuration(config))
        add_nag(app)
        app.synth()


if __name__ == "__main__":
    main()
