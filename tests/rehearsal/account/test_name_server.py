import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from rehearsal.account.name_server import NameServer, Outage, Registry
from rehearsal.account.resolver_cache import ResolverCache
from tests.discovery.polling import Clock
from tests.waiting import FOREVER


def test_name_server_answers_with_at_most_eight_records_another_choice_each_time() -> None:
    addresses = [f"127.1.2.{number}" for number in range(1, 21)]
    query = dns.message.make_query("large.test", dns.rdatatype.A)
    with NameServer("127.0.0.1", {"large.test": Registry(addresses, 5)}.get) as server:
        answers = [
            dns.query.udp(query, server.address, port=server.port, timeout=FOREVER).answer[0]
            for _ in range(50)
        ]
    assert {len(answer) for answer in answers} == {8}
    assert {answer.ttl for answer in answers} == {5}
    assert len({answer.to_text() for answer in answers}) > 1


def test_name_server_denies_a_name_that_the_namespace_lacks() -> None:
    query = dns.message.make_query("gone.test", dns.rdatatype.A)
    with NameServer("127.0.0.1", lambda _name: None) as server:
        answer = dns.query.udp(query, server.address, port=server.port, timeout=FOREVER)
    assert answer.rcode() == dns.rcode.NXDOMAIN


def test_that_a_name_does_not_exist_is_kept_for_the_negative_ttl() -> None:
    records: dict[str, Registry] = {}
    with NameServer("127.0.0.1", records.get, negative_ttl=FOREVER) as server:
        assert _answer(server, "late.test").rcode() == dns.rcode.NXDOMAIN
        records["late.test"] = records["soon.test"] = Registry(["127.1.2.3"], 5)
        assert _answer(server, "late.test").rcode() == dns.rcode.NXDOMAIN
        assert _answer(server, "soon.test").answer


@pytest.mark.parametrize(
    ("outage", "rcode"),
    [
        pytest.param(Outage.SILENT, None, id="no answer"),
        pytest.param(Outage.SERVFAIL, dns.rcode.SERVFAIL, id="it cannot tell"),
        pytest.param(Outage.EMPTY, dns.rcode.NOERROR, id="no record"),
        pytest.param(Outage.NXDOMAIN, dns.rcode.NXDOMAIN, id="no such name"),
    ],
)
def test_one_name_can_fail_while_another_is_answered(outage: Outage, rcode: int | None) -> None:
    records = {"sick.test": Registry(["127.1.2.3"], 5), "well.test": Registry(["127.1.2.4"], 5)}
    with NameServer("127.0.0.1", records.get) as server:
        server.fail("sick.test", outage)
        answer = server.answer(dns.message.make_query("sick.test", dns.rdatatype.A))
        assert (answer and answer.rcode()) == rcode
        assert not (answer and answer.answer)
        assert _answer(server, "well.test").answer
        server.fail("sick.test", None)
        assert _answer(server, "sick.test").answer


def _answer(server: NameServer, name: str) -> dns.message.Message:
    query = dns.message.make_query(name, dns.rdatatype.A)
    return dns.query.udp(query, server.address, port=server.port, timeout=FOREVER)


def test_the_resolver_keeps_an_answer_for_its_ttl_which_counts_down() -> None:
    clock, records = Clock(), {"a.test": Registry(["127.1.2.3"], 5)}
    cache = ResolverCache(records.get, clock)
    assert cache("a.test") == Registry(["127.1.2.3"], 5)
    records["a.test"] = Registry(["127.1.2.4"], 5)
    clock.now += 3
    assert cache("a.test") == Registry(["127.1.2.3"], 2)
    clock.now += 2
    assert cache("a.test") == Registry(["127.1.2.4"], 5)


def test_the_resolver_asks_again_for_a_name_that_did_not_exist() -> None:
    records: dict[str, Registry] = {}
    cache = ResolverCache(records.get, Clock())
    assert cache("a.test") is None
    records["a.test"] = Registry(["127.1.2.3"], 5)
    assert cache("a.test") is not None
