"""The gate: what `template.yaml` has to be before anybody deploys it.

Two resolved templates are judged, the light default and the strict profile, by
scanners that security teams run and by rules of our own; then the gate itself
is judged, by mutants of the template that it has to refuse.
"""
