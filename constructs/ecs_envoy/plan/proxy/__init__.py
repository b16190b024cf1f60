"""What has to hold for a proxy as a whole."""
