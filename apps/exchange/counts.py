"""What came of the rows of one kind."""

from dataclasses import asdict, dataclass

KINDS = ("teams", "members", "products", "customers", "opportunities", "level_changes", "orders")


@dataclass
class Counts:
    """Rows read = created + updated + unchanged + rejected."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def add(self, *, read: int = 0, created: int = 0, updated: int = 0, unchanged: int = 0) -> None:
        self.read += read
        self.created += created
        self.updated += updated
        self.unchanged += unchanged

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def nothing() -> dict[str, Counts]:
    return {kind: Counts() for kind in KINDS}
