//! Pipelines on a terminal.
