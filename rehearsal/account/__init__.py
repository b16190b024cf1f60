"""The AWS account of a rehearsal: an emulator, the CDK CLI aimed at it, its DNS, and what exists already."""
