import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from rehearsal.account.name_server import NameServer, Registry
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
    server = NameServer("127.0.0.1", records.get, negative_ttl=FOREVER)
    query = dns.message.make_query("late.test", dns.rdatatype.A)
    with server:
        assert server.answer(query).rcode() == dns.rcode.NXDOMAIN
        records["late.test"] = records["soon.test"] = Registry(["127.1.2.3"], 5)
        assert server.answer(query).rcode() == dns.rcode.NXDOMAIN
        assert server.answer(dns.message.make_query("soon.test", dns.rdatatype.A)).answer
