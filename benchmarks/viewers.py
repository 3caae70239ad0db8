"""Viewers: so many live pages, each as our script keeps it, until the standard input is closed."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx2


async def look(client: httpx2.AsyncClient, path: str, seen: dict[str, int]) -> None:
    """Hold a stream open, and ask for the page when it says that something changed."""
    async with client.stream("GET", f"{path}live") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                seen["events"] += 1
            if line == "event: changed":
                await client.get(path, headers={"Ligament-Fragment": "1"})
                seen["pages"] += 1


async def main(url: str, session: str, number: int, path: str) -> None:
    """Look until the standard input is closed, then tell what was seen."""
    seen = {"events": 0, "pages": 0}
    limits = httpx2.Limits(max_connections=2 * number + 1)
    async with httpx2.AsyncClient(
        base_url=url, cookies={"ligament_session": session}, timeout=None, limits=limits
    ) as client:
        tasks = [asyncio.create_task(look(client, path, seen)) for _ in range(number)]
        print("looking", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
