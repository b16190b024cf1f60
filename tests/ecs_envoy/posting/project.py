"""A small project whose app takes no time, to be compared."""

import json
import subprocess
from pathlib import Path

APP = """
import json, os, pathlib
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
config = pathlib.Path(context["config"]).read_text()
values = dict(line.split(": ") for line in config.splitlines())
if "broken" in values:
    raise SystemExit(f"{context['config']}: broken: take it out")
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True, exist_ok=True)
topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": values["topic"]}}
alarms = {f"Alarm{n}": {"Type": "AWS::CloudWatch::Alarm"} for n in range(int(values.get("alarms", 0)))}
(out / "app.template.json").write_text(json.dumps({"Resources": {"Topic": topic, **alarms}}))
stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "app.template.json"}}
(out / "manifest.json").write_text(json.dumps({"artifacts": {"app": stack}}))
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def change(project: Path, topic: str, name: str = "prod", further: str = "") -> None:
    """Give an environment of the project another topic."""
    (project / f"config/{name}.yaml").write_text(f"environment: {name}\ntopic: {topic}\n{further}")


def make(folder: Path) -> Path:
    """Make the project in a git repository with one commit."""
    (folder / "config").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    cdk = {"app": "python3 app.py", "context": {"config": "config/prod.yaml"}}
    (folder / "cdk.json").write_text(json.dumps(cdk))
    change(folder, "alarms")
    change(folder, "alarms", "dev")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "a commit")


def head_of(project: Path) -> str:
    """Return the commit that is checked out."""
    return git(project, "rev-parse", "HEAD").strip()
