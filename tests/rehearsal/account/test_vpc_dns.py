"""What the VPC's resolver answers besides the proxy's own namespace."""

from rehearsal.account.cloud_map_zone import CloudMapZone
from rehearsal.account.name_server import Registry
from rehearsal.account.vpc_dns import TTL_SECONDS, VpcDns
from tests.emulator import Emulator
from tests.emulator import emulator as emulator


def test_an_address_of_another_team_leads_to_its_tasks_and_other_names_to_nothing(emulator: Emulator) -> None:
    tasks = ["127.0.0.3", "127.0.0.2"]
    names = VpcDns({"test.local": CloudMapZone(emulator.aws, "test.local")}, {"lessons.corp": lambda: tasks})
    assert names.lookup("lessons.corp") == Registry(["127.0.0.2", "127.0.0.3"], TTL_SECONDS)
    assert names.lookup("grading.corp") is None
    assert names.lookup("other.test.local") is None  # it lists no task
    tasks.clear()
    assert names.lookup("lessons.corp") is None
