// Calls in turn with grpc-java until SIGTERM, and prints a line for each call.
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

public final class Client {
  /** Sends and receives no content. */
  private static final class Empty implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      return new byte[0];
    }
  }

  private static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "loadBalancingConfig", List.of(Map.of("round_robin", Map.of())),
          "methodConfig",
              List.of(
                  Map.of(
                      "name", List.of(Map.of("service", "clients.v1.Echo")),
                      "retryPolicy",
                          Map.of(
                              "maxAttempts", 4.0,
                              "initialBackoff", "0.1s",
                              "maxBackoff", "1s",
                              "backoffMultiplier", 2.0,
                              "retryableStatusCodes", List.of("UNAVAILABLE")))));

  public static void main(String[] arguments) throws InterruptedException {
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(arguments[0]).usePlaintext();
    if (arguments[2].equals("recommended")) {
      builder
          .defaultServiceConfig(SERVICE_CONFIG)
          .enableRetry()
          .keepAliveTime(20, TimeUnit.SECONDS)
          .keepAliveTimeout(5, TimeUnit.SECONDS)
          .keepAliveWithoutCalls(true);
    }
    ManagedChannel channel = builder.build();
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder(new Empty(), new Empty())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(arguments[1].substring(1))
            .build();
    while (true) {
      double begun = System.currentTimeMillis() / 1000.0;
      String status = "OK";
      try {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.SECONDS);
        ClientCalls.blockingUnaryCall(channel, method, options, new byte[0]);
      } catch (StatusRuntimeException error) {
        status = error.getStatus().getCode().name();
      }
      System.out.printf("%.3f %.3f %s%n", begun, System.currentTimeMillis() / 1000.0, status);
      Thread.sleep(50);
    }
  }
}
