"""What the rules refuse, each named after the fact. Pure."""


class Refused(ValueError):
    """There is no honest answer: something is missing or contradicts itself. The message says what."""


class BadTerms(Refused):
    """Contract terms that say nothing that can be computed."""


class NoTerms(Refused):
    """No contract, version or clause covers what happened."""


class AmbiguousTerms(Refused):
    """Two clauses cover what happened, and neither is the more specific."""


class NoExchangeRate(Refused):
    """No rate between the two currencies on that day."""


class NoTaxRule(Refused):
    """No tax rule is known, or more than one; never a silent zero."""


class ReturnsExceedSales(Refused):
    """More is returned than was sold."""


class BadPool(Refused):
    """The pool's rule lacks what it needs to share by."""
