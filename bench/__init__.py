"""Benchmarks, each with the peer it is compared with. They use loopback only and bound their time and counts."""
