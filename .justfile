# What CI runs: formatting, clippy, cargo-deny, typos, all tests.
check:
    tests/run

# WeftID with a demo relying party, on http://localhost:8080.
demo *ARGUMENTS:
    deploy/demo {{ARGUMENTS}}

# The tests whose names contain one of the filters.
test +FILTER:
    tests/run {{FILTER}}

# Formats everything.
fmt:
    cargo fmt --all
