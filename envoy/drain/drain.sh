# Ends a proxy task without losing a call. This container depends on Envoy's, so ECS stops it first, and
# Envoy serves on until this script has ended.
#
# Environment variables:
#   ADMIN_ADDRESS, ADMIN_PORT  Envoy's admin interface
#   SERVE_ON_SECONDS           until no DNS answer lists this task any more
#   LOOK_UP_SECONDS            until every client that has connected before has looked the name up again
#   DRAIN_SECONDS              for calls that are open after that
#
# The stock image of Envoy has bash and coreutils, but no curl.

log() {
  printf '{"time": "%(%FT%TZ)T", "container": "drain", "message": "%s"}\n' -1 "$1"
}

# Prints the answer of Envoy's admin interface; fails if there is none within 2 seconds.
admin() (
  exec 3<>"/dev/tcp/$ADMIN_ADDRESS/$ADMIN_PORT" || exit 1
  printf '%s %s HTTP/1.1\r\nHost: envoy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' "$1" "$2" >&3
  IFS= read -r -t 2 -u 3 line || exit 1
  while printf '%s\n' "${line%$'\r'}" && IFS= read -r -t 2 -u 3 line; do :; done
) 2>/dev/null

open_calls() {
  local answer
  answer=$(admin GET '/stats?filter=^http\.grpc\.downstream_rq_active$') || return 1
  [[ $answer =~ downstream_rq_active:\ ([0-9]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

end_if_envoy_is_gone() {
  admin GET /server_info >/dev/null && return
  log "Envoy does not answer, so there is nothing to drain"
  exit 0
}

wait_for_open_calls() {
  local end=$((SECONDS + DRAIN_SECONDS)) calls
  while calls=$(open_calls) && ((calls > 0 && SECONDS < end)); do
    sleep 0.2
  done
  log "Envoy may end: ${calls:-0} open calls are cut"
}

drain() {
  trap '' TERM
  end_if_envoy_is_gone
  log "ECS stops this task: Envoy serves on for $SERVE_ON_SECONDS s, until no DNS answer lists it"
  sleep "$SERVE_ON_SECONDS"
  end_if_envoy_is_gone
  admin POST /healthcheck/fail >/dev/null
  log "Envoy sends GOAWAY with each answer; in $LOOK_UP_SECONDS s every gRPC client has looked up again"
  sleep "$LOOK_UP_SECONDS"
  admin POST /drain_listeners >/dev/null
  log "Envoy takes no new connection, and waits up to $DRAIN_SECONDS s for open calls"
  wait_for_open_calls
  exit 0
}

trap drain TERM
# Bash runs a trap only between commands, and a signal ends `wait`.
while :; do
  sleep 3600 &
  wait
done
