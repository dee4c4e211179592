//! The graph: log-mel → encoder output → logits.
