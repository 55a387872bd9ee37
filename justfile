# Every recipe is a plain command; `just` is optional.

# What CI runs.
check:
    bash .ci/run

# All tests; the acceptance tests start a local cloud.
test:
    cargo test --workspace

# The tests that need no Python and only seconds.
quick:
    cargo test -p backup-domain

# The whole backup line on this machine.
rehearse *ARGS:
    cargo run -- rehearse {{ARGS}}

# Accepts changed snapshots after they were read.
bless:
    INSTA_UPDATE=always cargo test --workspace
