"""`stance label serve`: the ML backend of Label Studio, for as long as it runs."""

import ipaddress
import logging
import os
import socket
from typing import TYPE_CHECKING

from stance.annotation.registry import ActorRegistry
from stance.commands.initialising import Sources
from stance.errors import ConfigurationError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from stance.labelling.backlog import Backlog

SECRET = "STANCE_BACKEND_SECRET"
SHORTEST_SECRET = 16


def serve(model: str, sources: Sources, *, host: str, port: int) -> None:
    """Answer until interrupted; raises StanceError where that cannot begin."""
    secret = _secret(host)
    # Before the model is loaded, which takes longest; nobody is answered until it is.
    listener = _bound(host, port)
    try:
        _serve(model, sources, listener, secret)
    finally:
        listener.close()


def _serve(model: str, sources: Sources, listener: socket.socket, secret: str | None) -> None:
    from stance.commands.contenders import open_store
    from stance.labelling.backend import backend
    from stance.labelling.backlog import Backlog
    from stance.labelling.preannotation import Preannotator
    from stance.labelling.predictors import load_predictor
    from stance.labelling.suggestions import Suggester

    screen = sources.screen()
    if screen.targets is None:
        raise ConfigurationError(f"Expected a registry of targets in --targets, found {sources.targets!r}.")
    predictor, version = load_predictor(model, open_store() if model.startswith(("models:/", "runs:/")) else None)
    actors = screen.actors or ActorRegistry(())
    preannotator = Preannotator(Suggester(actors, predictor, version), actors, screen.targets, screen.configuration())
    backlog = Backlog()
    app = backend(preannotator, version=version, backlog=backlog, secret=secret, check=preannotator.check)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("stance").setLevel(logging.INFO)
    _announce(version, listener, backlog, guarded=secret is not None)
    _run(app, listener)


def _run(app: "FastAPI", listener: socket.socket) -> None:
    import uvicorn

    # Requests in flight are answered before it ends; no header tells what runs here.
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _announce(version: str, listener: socket.socket, backlog: "Backlog", *, guarded: bool) -> None:
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"{version} at {address}, until Ctrl-C. Connect it under Settings → Model → Connect Model.")
    if guarded:
        print(
            f"With basic authentication: any user name, and {SECRET} as the password. Then give the webhook that this "
            "makes (Settings → Webhooks) the header Authorization: Bearer and the secret; without it, what annotators "
            "do is not noted."
        )
    else:
        print("No secret: only programs on this machine reach it.")
    for one in backlog.waiting():
        print(f"{one.annotations} annotations of {one.title!r} wait: stance label pull --project {one.number}")


def _secret(host: str) -> str | None:
    """The secret that requests must bring; None where none is set and only this machine reaches `host`."""
    secret = os.environ.get(SECRET, "").strip() or None
    if secret is None and not _is_local(host):
        raise ConfigurationError(
            f"Expected {SECRET} in the environment, since other machines reach {host}, found none. Set it to "
            f"{SHORTEST_SECRET} characters or more, the same as in Label Studio, or leave --host out."
        )
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"Expected a secret of at least {SHORTEST_SECRET} characters in {SECRET}, found {len(secret)}. "
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return secret


def _is_local(host: str) -> bool:
    """Whether nothing but this machine can reach `host`, whatever its names resolve to."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`, which does not listen yet; ConfigurationError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"Expected a free port {port} on {host}, found: {error.strerror or error}. Name another: --port {port + 1}"
        ) from error
    return listener
