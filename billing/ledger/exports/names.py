"""Account names for programs that allow fewer characters than ours have."""

import hashlib


def told_apart(plain: str, text: str) -> str:
    """`plain`, with a mark of what it stands for: two holders spelled alike stay two accounts."""
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
