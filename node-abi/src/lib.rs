//! Node ABI v1: what guests (plugin nodes, Python over standard input and output) and their host say to each other.
