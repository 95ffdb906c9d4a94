"""How a sum becomes payouts that a wallet takes. Pure."""


class TooSmall(ValueError):
    """The wallet does not take so little."""


class NotAStep(ValueError):
    """The wallet takes multiples of a step only; the sum is none."""


def parts(total_minor: int, *, minor_min: int, minor_max: int | None, minor_step: int = 1) -> tuple[int, ...]:
    """As few parts as the wallet's ceiling allows, as equal as its step allows, larger ones first; they sum up.

    :raises TooSmall: the sum, or a part of it, is below the wallet's minimum.
    :raises NotAStep: the sum is no multiple of the step.
    """
    if total_minor < minor_min:
        raise TooSmall(f"{total_minor} is below {minor_min}")
    if total_minor % minor_step:
        raise NotAStep(f"{total_minor} is no multiple of {minor_step}")
    most = total_minor if minor_max is None else minor_max - minor_max % minor_step
    if most < minor_step:
        raise TooSmall(f"no multiple of {minor_step} is below the ceiling of {minor_max}")
    count = -(-total_minor // most)
    each, more = divmod(total_minor // minor_step, count)
    shares = tuple((each + (number < more)) * minor_step for number in range(count))
    if min(shares) < minor_min:
        raise TooSmall(f"{count} parts of {total_minor} would be below {minor_min}")
    return shares
