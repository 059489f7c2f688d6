"""Real containers for the tests: base images made from Debian packages, and images built on top of them."""
