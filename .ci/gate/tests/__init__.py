"""Tests of the gate's own parts. That its rules can fail is shown by the mutants."""
