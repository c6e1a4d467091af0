"""The rules of returns: machine, policy, tally, the return itself, and its events."""

from .events import (
    ReturnApproved,
    ReturnCancelled,
    ReturnedUnits,
    ReturnExpired,
    ReturnInspected,
    ReturnLabelIssued,
    ReturnOverdue,
    ReturnReceived,
    ReturnRefundBlocked,
    ReturnRefunded,
    ReturnRejected,
    ReturnReleased,
    ReturnRequested,
)
from .machine import ALLOWED, CLOSED, DEADLINES, Command, Desk, State, Step, allowed_in
from .policy import (
    EMERGING,
    FAULTS,
    GoodsClass,
    Label,
    NotReturnable,
    Reason,
    Resolution,
    Terms,
    check_returnable,
    goods_class,
    label_for,
    resolution_for,
)
from .returned import (
    Block,
    BlockReason,
    Condition,
    Disposition,
    InspectedLine,
    RejectReason,
    Return,
    ReturnLine,
    Wait,
)
from .tally import LineTally, PaidLine, ReturnTally, Settlement, TooManyReturned

__all__ = [
    "ALLOWED", "CLOSED", "DEADLINES", "EMERGING", "FAULTS", "Block", "BlockReason", "Command", "Condition", "Desk",
    "Disposition", "GoodsClass", "InspectedLine", "Label", "LineTally", "NotReturnable", "PaidLine", "Reason",
    "RejectReason", "Resolution", "Return", "ReturnApproved", "ReturnCancelled", "ReturnExpired", "ReturnInspected",
    "ReturnLabelIssued", "ReturnLine", "ReturnOverdue", "ReturnReceived", "ReturnRefundBlocked", "ReturnRefunded",
    "ReturnRejected", "ReturnReleased", "ReturnRequested", "ReturnTally", "ReturnedUnits", "Settlement", "State", "Step",
    "Terms", "TooManyReturned", "Wait", "allowed_in", "check_returnable", "goods_class", "label_for", "resolution_for",
]
