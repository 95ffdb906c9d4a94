"""`python -m config.deploy_check`: Django's deployment checks on the production settings, warnings included."""

import os
import secrets
import subprocess
import sys

from cryptography.fernet import Fernet


def main() -> int:
    environment = {
        **os.environ,
        "COKO_MODE": "production",
        "COKO_BASE_URL": "https://coko.example",
        "COKO_ALLOWED_HOSTS": "coko.example",
        "DATABASE_URL": "postgresql://coko_app@db.example/coko",
        "DATABASE_OWNER_URL": "postgresql://coko@db.example/coko",
        "REDIS_URL": "rediss://redis.example/0",
        "COKO_SECRET_KEY": secrets.token_urlsafe(64),
        "COKO_JWT_KEY": secrets.token_urlsafe(64),
        "COKO_PHONE_KEYS": Fernet.generate_key().decode(),
        "COKO_PHONE_INDEX_KEY": secrets.token_urlsafe(32),
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
