"""What a caller may see: their own documents, finance everybody's. Anything else does not exist for them."""

from typing import cast

from django.http import Http404
from rest_framework.request import Request

from royalties.payees import access


def reader(request: Request) -> access.Reader:
    """Who calls."""
    return cast(access.Reader, request.user)


def hide_unless_readable(request: Request, *, payee_ref: str) -> None:
    """
    :raises Http404: the document is another payee's; that it exists is none of the caller's business.
    """
    if not access.may_read(reader(request), payee_ref=payee_ref):
        raise Http404
