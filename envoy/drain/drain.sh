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
#
# Each step has its time from SIGTERM on, however long Envoy takes to answer: ECS kills this container soon
# after the last one. Times are in hundredths of a second, and they are uptimes, because clocks are set.

# A busy Envoy may answer late. One that is silent for this long hangs.
PATIENCE=1000

log() {
  printf '{"time": "%(%FT%TZ)T", "container": "drain", "message": "%s"}\n' -1 "$1"
}

read_uptime() {
  read -r now _ </proc/uptime
  now=$((10#${now/./}))
}

sleep_until() {
  read_uptime
  (($1 <= now)) || sleep "$((($1 - now) / 100)).$(printf '%02d' $((($1 - now) % 100)))"
}

# Prints the answer of Envoy's admin interface; fails with status 1 if Envoy is gone.
ask() {
  exec 3<>"/dev/tcp/$ADMIN_ADDRESS/$ADMIN_PORT" || exit 1
  printf '%s %s HTTP/1.1\r\nHost: envoy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' "$1" "$2" >&3
  while IFS= read -r -u 3 line; do
    printf '%s\n' "${line%$'\r'}"
  done
  exit 0
}
export -f ask

# Writes the answer to `answer`; fails with status 1 if Envoy is gone, and 2 if it does not answer with 200
# within 2 seconds. Only SIGKILL ends `ask`, because this script ignores SIGTERM.
admin() {
  answer=$(timeout -s KILL 2 bash -c 'ask "$@"' ask "$1" "$2" 2>/dev/null)
  case $? in
    0) [[ $answer == 'HTTP/1.1 200 '* ]] || return 2 ;;
    1) return 1 ;;
    *) return 2 ;;
  esac
}

# Repeats a request until Envoy answers; ends the script if Envoy is gone or hangs.
insist() {
  local status end
  read_uptime
  end=$((now + PATIENCE))
  until admin "$1" "$2"; do
    status=$?
    read_uptime
    if ((status == 1 || now >= end)); then
      log "Envoy does not answer, so there is nothing to drain"
      exit 0
    fi
    sleep 0.2
  done
}

wait_for_open_calls() {
  local calls='unknown'
  while admin GET '/stats?filter=^http\.grpc\.downstream_rq_active$' || (($? == 2)); do
    [[ $answer =~ downstream_rq_active:\ ([0-9]+) ]] && calls=${BASH_REMATCH[1]} || calls=unknown
    read_uptime
    if [[ $calls == 0 ]] || ((now >= $1)); then
      log "Envoy may end: $calls open calls are cut"
      return
    fi
    sleep 0.2
  done
  log "Envoy has ended before its last calls"
}

drain() {
  trap '' TERM
  kill "$!"
  local start now answer
  read_uptime
  start=$now
  insist GET /server_info
  log "ECS stops this task: Envoy serves on for $SERVE_ON_SECONDS s, until no DNS answer lists it"
  sleep_until $((start + SERVE_ON_SECONDS * 100))
  insist POST /healthcheck/fail
  log "Envoy sends GOAWAY with each answer; in $LOOK_UP_SECONDS s every gRPC client has looked up again"
  sleep_until $((start + (SERVE_ON_SECONDS + LOOK_UP_SECONDS) * 100))
  insist POST /drain_listeners
  log "Envoy takes no new connection, and waits up to $DRAIN_SECONDS s for open calls"
  wait_for_open_calls $((start + (SERVE_ON_SECONDS + LOOK_UP_SECONDS + DRAIN_SECONDS) * 100))
  exit 0
}

trap drain TERM
# Bash runs a trap only between commands, and a signal ends `wait`.
while :; do
  sleep 3600 &
  wait
done
