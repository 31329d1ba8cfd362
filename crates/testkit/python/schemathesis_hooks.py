"""What schemathesis has to be told: how a part of a file is sent, and that files are bytes."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def part_of_a_file(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/octet-stream", "image/jpeg")
def file(ctx, response):
    return response.content
