"""Real data sets beside the checkout; tests that need one skip, saying so, where it is absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MAVEN = SHARED / "maven_crm"
needs_maven = pytest.mark.skipif(
    not MAVEN.is_dir(), reason="the data set maven_crm is not beside the checkout"
)
TRANSACTIONS = SHARED / "transactions"
needs_transactions = pytest.mark.skipif(
    not TRANSACTIONS.is_dir(), reason="the data set transactions is not beside the checkout"
)
ADVENTUREWORKS = SHARED / "adventureworks" / "pbi"
needs_adventureworks = pytest.mark.skipif(
    not ADVENTUREWORKS.is_dir(), reason="the data set adventureworks is not beside the checkout"
)
