"""How much an examination may take."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bounds:
    """What a reply may hold.

    Attributes:
        max_nodes: Values in it, at any depth.
        max_bytes: Its size; no value in it may need more memory than that.
        max_bits: Of an integer.
        max_pairs: Objects that both sides keep in step.
    """

    max_nodes: int = 200_000
    max_bytes: int = 64_000_000
    max_bits: int = 8_192
    max_pairs: int = 20_000


@dataclass(frozen=True)
class Limits:
    """What an examination may take.

    Attributes:
        call_s: Seconds for one call of the student's code.
        cell_s: Seconds for a whole test cell.
        grace_s: Seconds that the kernel has to come back after an interrupt.
        max_printed: Characters of output that are kept.
        bounds: What one reply may hold.
    """

    call_s: float = 30.0
    cell_s: float = 60.0
    grace_s: float = 2.0
    max_printed: int = 20_000
    bounds: Bounds = field(default_factory=Bounds)
