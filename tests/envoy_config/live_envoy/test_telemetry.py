"""Tests of the real Envoy's telemetry: sampled log lines, metrics by method, and spans."""

import json
import re
import time
import urllib.error
from collections.abc import Generator, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from envoy_config import AccessLog, Metrics, Service, Tracing
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from rehearsal.account.name_server import Registry
from tests.envoy_config.live_envoy.rig import PROXY, call, envoy, running, scrape, task
from tests.waiting import until

GET, QUICK = "/learning.v1.Lessons/Get", "/learning.v1.Lessons/Quick"


def answer(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    metadata = dict(context.invocation_metadata())
    if "slow" in metadata:
        time.sleep(0.3)
    if "fail" in metadata:
        context.abort(grpc.StatusCode.NOT_FOUND, "none")
    yield str(metadata.get("traceparent", "")).encode()


def test_errors_and_slow_calls_are_logged_whatever_the_sample(tmp_path: Path, block: str) -> None:
    log = AccessLog(sample_percent=0, slower_than=timedelta(milliseconds=250))
    proxy = replace(PROXY, access_log=log)
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        for _ in range(20):
            call(live, QUICK)
        call(live, GET, metadata=[("slow", "yes")])
        with pytest.raises(grpc.RpcError):
            call(live, GET, metadata=[("fail", "yes")])
        with pytest.raises(grpc.RpcError):
            call(live, GET, timeout=0.1, metadata=[("slow", "yes")])
        lines = live.stop()
    slow, failed, late = (line for line in lines if line["grpc_method"] == GET)
    assert {line["reason"] for line in lines} == {"error_or_slow"}
    assert slow["grpc_status"] == "OK"
    assert failed["grpc_status"] == "NOT_FOUND"
    assert late["grpc_status"] == "DEADLINE_EXCEEDED"
    # None but those that a busy machine made slow.
    quick = [line for line in lines if line["grpc_method"] == QUICK]
    assert len(quick) < 20
    assert all(line["duration_ms"] >= 250 for line in [slow, *quick])


def test_a_sample_has_about_the_right_size_and_every_kind_of_call(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, access_log=AccessLog(sample_percent=50))
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        with grpc.insecure_channel(live.target) as channel:
            stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
            for _ in range(400):
                list(stub(b""))
            for _ in range(40):
                with pytest.raises(grpc.RpcError):
                    list(stub(b"", metadata=(("fail", "yes"),)))
        lines = live.stop()
    sampled = [line for line in lines if line["reason"] == "sample"]
    assert (
        150 < sum(line["grpc_status"] == "OK" for line in sampled) < 250
    )  # 200 plus or minus five standard deviations
    assert 0 < sum(line["grpc_status"] == "NOT_FOUND" for line in sampled) < 40
    assert sum(line["reason"] == "error_or_slow" for line in lines) == 40


def test_metrics_count_calls_by_service_method_and_status(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, metrics=Metrics())
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        for _ in range(7):
            call(live, GET)
        with pytest.raises(grpc.RpcError):
            call(live, GET, metadata=[("fail", "yes")])
        with pytest.raises(grpc.RpcError):
            call(live, "/unknown.v1.Service/Invented")
        counted = re.compile(r"_milliseconds_count{.*} 8$", re.MULTILINE)
        until(lambda: counted.search(scrape(live)))  # histograms are merged every 5 s
        text = scrape(live)
        assert scrape(live, "/ready") == "LIVE\n"
        for path, method in [("/", "GET"), ("/quitquitquit", "POST"), ("/ready", "POST"), ("/stats", "GET")]:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                scrape(live, path, method)
    label = 'service="lessons",grpc_method="/learning.v1.Lessons/Get"'
    assert f'envoy_grpc_requests{{{label},grpc_status="OK"}} 7\n' in text
    assert f'envoy_grpc_requests{{{label},grpc_status="NOT_FOUND"}} 1\n' in text
    assert f"envoy_grpc_duration_milliseconds_count{{{label}}} 8\n" in text
    (endpoint,) = re.findall(r"^envoy_cluster_endpoint_rq_total{.*} \d+$", text, re.MULTILINE)
    assert f'envoy_endpoint_address="{block}.3:50051"' in endpoint
    assert endpoint.endswith("} 8")
    assert "Invented" not in text


def test_two_clusters_of_a_service_have_its_label_and_each_its_version(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, metrics=Metrics())
    service = Service(name="lessons", address="lessons.test.local", max_tasks=4)
    told: dict[str, Any] = json.loads(to_json(bootstrap(proxy, [service])))
    resources = told["static_resources"]
    (stable,) = (cluster for cluster in resources["clusters"] if cluster["name"] == "lessons")
    assignment = {**stable["load_assignment"], "cluster_name": "lessons|v2"}
    resources["clusters"].append({**stable, "name": "lessons|v2", "load_assignment": assignment})
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][-1]["typed_config"]
    (route,) = manager["route_config"]["virtual_hosts"][0]["routes"]
    route["route"]["cluster"] = "lessons|v2"
    records = {"lessons.test.local": Registry([f"{block}.3"], 1)}
    with task(f"{block}.3", answer), running(tmp_path, block, json.dumps(told), records.get) as live:
        call(live, GET)
        until(lambda: "envoy_grpc_requests{" in scrape(live))
        text = scrape(live)
        (line,) = live.stop()
    assert line["service"] == "lessons"
    assert re.search(r'^envoy_grpc_requests{service="lessons",.*} 1$', text, re.MULTILINE)
    healthy = re.findall(r"^envoy_cluster_membership_healthy{(.*)} \d$", text, re.MULTILINE)
    assert sorted(sorted(labels.split(",")) for labels in healthy) == [
        ['envoy_cluster_name="envoy_admin"'],
        ['envoy_cluster_name="lessons"', 'service="lessons"'],
        ['envoy_cluster_name="lessons|v2"', 'service="lessons"', 'version="v2"'],
    ]


@dataclass
class Spans:
    """A stand-in for an OTLP collector, which keeps the spans that the real Envoy exports."""

    exported: list[bytes] = field(default_factory=list[bytes])

    def has(self, trace: str) -> bool:
        """Return whether a span of `trace`, an id in hex, was exported. Messages contain ids as raw bytes."""
        return any(bytes.fromhex(trace) in message for message in self.exported)


@contextmanager
def collector(address: str) -> Generator[Spans]:
    spans = Spans()

    def export(request: bytes, _context: grpc.ServicerContext) -> bytes:
        spans.exported.append(request)
        return b""

    server = grpc.server(futures.ThreadPoolExecutor(1))
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
    name = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Export": method}),))
    server.add_insecure_port(f"{address}:4317")
    server.start()
    try:
        yield spans
    finally:
        server.stop(None).wait()


CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_traced_call_is_exported_and_its_task_gets_the_callers_trace(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, tracing=Tracing(sample_percent=0))
    with (
        collector(f"{block}.1") as spans,
        task(f"{block}.3", answer),
        envoy(tmp_path, block, [f"{block}.3"], proxy) as live,
    ):
        (traceparent,) = call(
            live, GET, metadata=[("traceparent", f"00-{CALLERS_TRACE}-b7ad6b7169203331-01")]
        )
        call(live, GET)
        until(lambda: spans.exported)
        traced, untraced = live.stop()
    assert traceparent.decode().startswith(f"00-{CALLERS_TRACE}-")
    assert not traceparent.decode().endswith("-b7ad6b7169203331-01")  # the parent is Envoy's span
    assert spans.has(CALLERS_TRACE)
    assert traced["traceparent"].startswith(f"00-{CALLERS_TRACE}-")
    assert untraced["traceparent"][3:35] != CALLERS_TRACE
    assert not spans.has(untraced["traceparent"][3:35])


def test_without_tracing_the_callers_trace_context_is_unchanged(tmp_path: Path, block: str) -> None:
    context = f"00-{CALLERS_TRACE}-b7ad6b7169203331-01"
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], PROXY) as live:
        assert call(live, GET, metadata=[("traceparent", context)]) == [context.encode()]
        (line,) = live.stop()
    assert line["traceparent"] == context


def test_no_metadata_but_the_trace_and_the_request_id_is_logged(tmp_path: Path, block: str) -> None:
    secret = [("authorization", "Bearer hidden"), ("x-api-key", "hidden"), ("cookie", "hidden")]
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], PROXY) as live:
        call(live, GET, metadata=secret)
        live.stop()
    assert "hidden" not in live.log.read_text()


def test_a_streaming_method_is_counted_but_neither_timed_nor_logged_for_being_slow(
    tmp_path: Path, block: str
) -> None:
    log = AccessLog(sample_percent=0, slower_than=timedelta(milliseconds=250))
    proxy = replace(PROXY, access_log=log, metrics=Metrics())
    methods = ["learning.v1.Lessons/Watch"]
    watch = "/learning.v1.Lessons/Watch"
    with (
        task(f"{block}.3", answer),
        envoy(tmp_path, block, [f"{block}.3"], proxy, streaming_methods=methods) as live,
    ):
        call(live, watch, metadata=[("slow", "yes")])
        call(live, GET, metadata=[("slow", "yes")])
        until(lambda: "_milliseconds_count{" in scrape(live))
        text = scrape(live)
        (line,) = live.stop()
    assert line["grpc_method"] == GET
    counted = re.findall(r'^envoy_grpc_requests{.*grpc_method="([^"]*)"', text, re.MULTILINE)
    timed = re.findall(r'^envoy_grpc_duration_milliseconds_count{.*grpc_method="([^"]*)"', text, re.MULTILINE)
    assert (sorted(counted), timed) == ([GET, watch], [GET])
