#!/bin/sh
# In the place of `docker`, by CDK_DOCKER: a rehearsal runs the sidecar's source itself, so that no image needs
# to be built or pushed, and no Docker engine to be there.
[ "$1" != inspect ] # "no such image yet" makes the CDK CLI ask for a build, which does nothing
