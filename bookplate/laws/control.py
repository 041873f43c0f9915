"""The control of a law: the same request with the one tested thing valid. A refusal shows something only beside its success."""

from ..wire.exchange import Exchange
from ..wire.outcomes import NotChecked


def control(answer: Exchange, tested: str) -> Exchange:
    """
    Return the answer to a control: the same request by the same caller, with the one tested thing valid.

    NotChecked where it is no success: then something else is refused, and the answers to what is `tested` show nothing.
    """
    if 200 <= answer.status < 300:
        return answer
    name = answer.operation_id
    remedy = f": correct the example of {name}, or what its caller may" if name else ""
    raise NotChecked(
        f"{tested} shows nothing, as the same request without it is refused too: {answer.describe()}{remedy}"
    )
