#!/bin/sh
# CDK_DOCKER makes the CDK CLI call this script in place of `docker`. A rehearsal runs the sidecar's source as a
# process, so it needs no Docker engine and no image.
[ "$1" != inspect ] # status 1 says "no such image"; the CLI then asks for a build, which does nothing here
