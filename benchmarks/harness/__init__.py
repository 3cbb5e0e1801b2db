"""The benchmark harness: programs, engines, measurement, reports."""
