"""python -m bench.ours <port> <configuration>: the service itself."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.serve import served
from widgets.app import create_app

if __name__ == "__main__":
    served(create_app(Path(sys.argv[2])), int(sys.argv[1]))
