# Calls in turn with the gem grpc until SIGTERM, and prints a line for each call.
require "grpc"
require "json"

target, method, settings = ARGV
SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [{
    name: [{}], # every method: only for those that are idempotent
    retryPolicy: {
      maxAttempts: 4, initialBackoff: "0.1s", maxBackoff: "1s", backoffMultiplier: 2,
      retryableStatusCodes: ["UNAVAILABLE"]
    }
  }]
}.to_json
RECOMMENDED = {
  "grpc.service_config" => SERVICE_CONFIG,
  "grpc.enable_retries" => 1,
  "grpc.keepalive_time_ms" => 20_000,
  "grpc.keepalive_timeout_ms" => 5_000,
  "grpc.keepalive_permit_without_calls" => 1,
  "grpc.http2.max_pings_without_data" => 0
}.freeze

stopped = false
trap("TERM") { stopped = true }
options = settings == "recommended" ? RECOMMENDED : {}
stub = GRPC::ClientStub.new(target, :this_channel_is_insecure, channel_args: options)
raw = ->(bytes) { bytes }
until stopped
  begun = Time.now
  status = "OK"
  begin
    stub.request_response(method, "", raw, raw, deadline: begun + 5)
  rescue GRPC::BadStatus => e
    status = e.class.name.split("::").last.gsub(/(?<!^)([A-Z])/, '_\1').upcase
  end
  puts format("%.3f %.3f %s", begun.to_f, Time.now.to_f, status)
  $stdout.flush
  sleep 0.05
end
