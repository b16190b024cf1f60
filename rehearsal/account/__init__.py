"""The AWS account of a rehearsal: the emulator, the CDK CLI that deploys to it, and its DNS."""
