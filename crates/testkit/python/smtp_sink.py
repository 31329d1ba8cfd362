"""A mail server for tests: takes everything, and says on standard output what it took, one JSON object a line.

usage: smtp_sink.py none|starttls|implicit [CERTIFICATE KEY] [USER PASSWORD]

The first line says where it listens. A recipient whose name begins with "nobody" is refused."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, *rest = sys.argv[1:]
context = None
if mode != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rest[0], rest[1])
    rest = rest[2:]
login = tuple(text.encode() for text in rest) or None


def say(what):
    print(json.dumps(what), flush=True)


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == login
    return AuthResult(success=good, handled=False)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 there is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            {
                "mail_from": envelope.mail_from,
                "rcpt_to": envelope.rcpt_tos,
                "encrypted": session.ssl is not None or mode == "implicit",
                "authenticated": bool(session.authenticated),
                "headers": [[name.lower(), value] for name, value in message.items()],
                "type": message.get_content_type(),
                "text": message.get_content(),
            }
        )
        return "250 OK"


async def main():
    def connection():
        return SMTP(
            Handler(),
            hostname="sink.example.org",
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            authenticator=authenticate if login else None,
            auth_required=login is not None,
            auth_require_tls=mode == "starttls",
        )

    loop = asyncio.get_running_loop()
    wrapped = context if mode == "implicit" else None
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=wrapped)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(main())
