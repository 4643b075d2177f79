"""Bodies of requests as text.

What isn't text in the charset that it claims is read all the same, with replacement characters, as .NET does: a body
that must be JSON is then found not to be.
"""

from aiohttp import web


async def read_text(request: web.Request) -> str:
    """Return a request's body as text, without a byte order mark."""
    body = await request.read()
    try:
        text = body.decode(request.charset or "utf-8", errors="replace")
    except LookupError:
        text = body.decode(errors="replace")
    return text.removeprefix("\ufeff")
