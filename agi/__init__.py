"""The Asterisk bridge: FastAGI questions, the AMI link, live audio, recordings, fallback, generated configuration."""
