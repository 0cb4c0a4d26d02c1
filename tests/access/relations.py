"""Who sees which record, whatever their relation to it: the table that every channel is held to.

Records are told apart by a mark in their names. The owner of one who sees an opportunity or an order
is the one whom the row names; teams are those stamped on the row, for a customer those of its owner.
"""

from collections.abc import Iterator

ROLES = {
    "rep": "rep",
    "outsider": "rep of another team",
    "manager": "her manager",
    "other_manager": "other manager",
    "matrix_manager": "lead of a matrix team",
    "stand_in": "rep standing in for the manager",
    "director": "director",
    "hr": "HR",
    "analyst": "analyst",
    "admin": "administrator",
    "acting": "administrator looking as the rep",
    "gone": "rep who has left",
    "anonymous": "nobody signed in",
}
# Mark → what the record is to the rep, her manager and the others.
MARKS = {
    "rep": "the rep's",
    "taken": "received by the rep from the other team",
    "given": "handed over by the rep to the other team",
    "peer": "of a colleague in the same team",
    "mate": "of the team below; she is in the matrix team too",
    "lead": "the manager's own",
    "outsider": "of the other team",
    "pool": "without owner",
    "none": "that never was",
}
MANAGERS = {"rep", "taken", "peer", "mate", "lead"}
EVERYTHING = {"rep", "taken", "given", "peer", "mate", "lead", "outsider"}
POOL = {"pool"}
NOBODY: dict[str, set[str]] = {"hr": set(), "gone": set(), "anonymous": set()}

# kind → role → marks of the records seen. An order stays with whoever made it and their team.
SEES: dict[str, dict[str, set[str]]] = {
    "customer": {
        "rep": {"rep", "taken"} | POOL,
        "outsider": {"outsider", "given"} | POOL,
        "manager": MANAGERS | POOL,
        "other_manager": {"outsider", "given"} | POOL,
        "matrix_manager": {"mate"} | POOL,
        "stand_in": MANAGERS | POOL,
        "director": EVERYTHING | POOL,
        "analyst": EVERYTHING | POOL,
        "admin": EVERYTHING | POOL,
        "acting": {"rep", "taken"} | POOL,
        **NOBODY,
    },
    "opportunity": {
        "rep": {"rep", "taken"},
        "outsider": {"outsider", "given"},
        "manager": MANAGERS,
        "other_manager": {"outsider", "given"},
        # Opportunities count for the owner's primary team.
        "matrix_manager": set(),
        "stand_in": MANAGERS,
        "director": EVERYTHING,
        "analyst": EVERYTHING,
        "admin": EVERYTHING,
        "acting": {"rep", "taken"},
        **NOBODY,
    },
    "order": {
        "rep": {"rep", "given"},
        "outsider": {"outsider", "taken"},
        "manager": {"rep", "given", "peer", "mate", "lead"},
        "other_manager": {"outsider", "taken"},
        "matrix_manager": set(),
        "stand_in": {"rep", "given", "peer", "mate", "lead"},
        "director": EVERYTHING,
        "analyst": EVERYTHING,
        "admin": EVERYTHING,
        "acting": {"rep", "given"},
        **NOBODY,
    },
}
# kind → role → marks of the records that the role may change; the rest of what it sees is read only.
CHANGES: dict[str, dict[str, set[str]]] = {
    kind: {
        role: set() if role == "analyst" else seen if role in {"director", "admin"} else seen - POOL
        for role, seen in roles.items()
    }
    for kind, roles in SEES.items()
}
# Whose names occur among owners, in choices and suggestions.
PEOPLE: dict[str, set[str]] = {
    "rep": {"rep"},
    "outsider": {"outsider"},
    "manager": {"rep", "peer", "mate", "lead"},
    "other_manager": {"outsider", "stand_in", "other_lead"},
    "matrix_manager": {"mate", "matrix_lead"},
    "stand_in": {"rep", "peer", "mate", "lead", "stand_in"},
    "acting": {"rep"},
}
# Who has left still owns rows of the past, which the filters of lists name; nobody chooses them.
LEFT = {"manager": {"gone"}, "stand_in": {"gone"}}
# Contacts at customers that one sees: whose phone and address are masked, everywhere.
MASKED = {"analyst"}
# Roles for whom pages of customers, opportunities and orders don't exist, and those asked to sign in.
ABSENT, SIGN_IN = {"hr"}, {"gone", "anonymous"}
# May take lists away as files; for the others the address of the file doesn't exist, or is refused.
EXPORTS = {"manager", "other_manager", "matrix_manager", "stand_in", "director", "admin"}


def word(kind: str, role: str, mark: str) -> str:
    """What the table says of one record for one role."""
    if role in SIGN_IN:
        return "sign-in"
    if mark not in SEES[kind][role]:
        return "404"
    return "changes" if mark in CHANGES[kind][role] and role != "acting" else "reads"


def markdown() -> Iterator[str]:
    names = {"customer": "Customers", "opportunity": "Opportunities", "order": "Orders"}
    for kind, name in names.items():
        yield f"### {name}"
        yield ""
        yield f"| {kind} | " + " | ".join(ROLES.values()) + " |"
        yield "| --- |" + " --- |" * len(ROLES)
        for mark, meaning in MARKS.items():
            if mark == "pool" and kind != "customer":
                continue
            yield f"| {meaning} | " + " | ".join(word(kind, role, mark) for role in ROLES) + " |"
        yield ""
