// Calls in turn with @grpc/grpc-js until SIGTERM, and prints a line for each call.
const grpc = require("@grpc/grpc-js");

const [target, method, settings] = process.argv.slice(2);
const serviceConfig = JSON.stringify({
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}], // every method: only for those that are idempotent
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.1s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
});
const recommended = {
  "grpc.service_config": serviceConfig,
  "grpc.keepalive_time_ms": 20000,
  "grpc.keepalive_timeout_ms": 5000,
  "grpc.keepalive_permit_without_calls": 1,
};
const options = settings === "recommended" ? recommended : {};
const client = new grpc.Client(target, grpc.credentials.createInsecure(), options);
const raw = (bytes) => bytes;
let stopped = false;
process.on("SIGTERM", () => (stopped = true));

function call() {
  const begun = Date.now();
  client.makeUnaryRequest(method, raw, raw, Buffer.alloc(0), { deadline: begun + 5000 }, (error) => {
    const status = error ? grpc.status[error.code] : "OK";
    console.log(`${begun / 1000} ${Date.now() / 1000} ${status}`);
    if (stopped) process.exit(0);
    setTimeout(call, 50);
  });
}
call();
