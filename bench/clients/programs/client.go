// Calls in turn with grpc-go until SIGTERM, and prints a line for each call.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "clients.v1.Echo"}],
    "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
}`

var hump = regexp.MustCompile("([a-z])([A-Z])")

// Sends and receives bytes as they are.
type raw struct{}

func (raw) Marshal(value interface{}) ([]byte, error)     { return *value.(*[]byte), nil }
func (raw) Unmarshal(data []byte, value interface{}) error { *value.(*[]byte) = data; return nil }
func (raw) Name() string                                   { return "proto" }

func main() {
	target, method, settings := os.Args[1], os.Args[2], os.Args[3]
	options := []grpc.DialOption{grpc.WithInsecure()}
	if settings == "recommended" {
		options = append(options,
			grpc.WithDefaultServiceConfig(serviceConfig),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{
				Time: 20 * time.Second, Timeout: 5 * time.Second, PermitWithoutStream: true,
			}))
	}
	connection, err := grpc.Dial(target, options...)
	if err != nil {
		panic(err)
	}
	var stopped int32
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() { <-signals; atomic.StoreInt32(&stopped, 1) }()
	for atomic.LoadInt32(&stopped) == 0 {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		in, out := []byte{}, []byte{}
		err := connection.Invoke(ctx, method, &in, &out, grpc.ForceCodec(raw{}))
		cancel()
		fmt.Printf("%.3f %.3f %s\n", float64(begun.UnixNano())/1e9, float64(time.Now().UnixNano())/1e9,
			strings.ToUpper(hump.ReplaceAllString(status.Code(err).String(), "${1}_${2}")))
		time.Sleep(50 * time.Millisecond)
	}
}
