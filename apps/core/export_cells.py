"""What a cell of an exported file may be."""

from datetime import date
from decimal import Decimal

type Cell = str | int | Decimal | date | None

# A spreadsheet takes a text that begins so for a formula.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
