import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.account.aws import Aws
from rehearsal.account.cdk import Cdk, CdkFailedError
from rehearsal.processes import Processes


@pytest.mark.synth
def test_fails_with_the_logs_path_where_a_deployment_fails(tmp_path: Path) -> None:
    aws = Aws(endpoint="http://127.0.0.1:9", account="111122223333", region="eu-west-1")
    never: Callable[[], object] = lambda: None  # noqa: E731
    with Processes(tmp_path) as processes:
        cdk = Cdk(processes, aws, tmp_path / "cdk", threading.Event())
        deploying = cdk.start_deploy(tmp_path / "no-such-assembly")
        with pytest.raises(
            CdkFailedError, match=r"deploy-no-such-assembly failed with status 1; see .*\.err: "
        ):
            cdk.wait(deploying, never)
