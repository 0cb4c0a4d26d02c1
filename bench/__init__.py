"""Benchmarks: ratios against a baseline that is measured in the same run on the same machine.

A module bench/bench_<topic>.py has `run() -> list[Result]`. `python -m bench` runs all of them,
`python -m bench import nightly` some.
"""
