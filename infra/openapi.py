"""Write the API description to `build/openapi.json`, as a running shop answers it: for client generators and reviews.

`PUBLIC_URL` names the shop whose description it is to be.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from chalicelib import house
from chalicelib.core.http.openapi import document

FILE = Path(__file__).parent.parent / "build" / "openapi.json"


def main() -> None:
    os.environ.setdefault("PUBLIC_URL", "https://api.shop.example")
    list(house.routes())
    description = document()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    print(f"{sum(map(len, description['paths'].values()))} operations in {FILE}")


if __name__ == "__main__":
    main()
