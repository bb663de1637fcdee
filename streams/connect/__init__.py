"""Live connections: telephone systems that tell their events over a TCP connection."""
