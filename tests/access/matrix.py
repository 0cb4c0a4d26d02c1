"""Who sees what, page by page. docs/access.md is printed from this table and compared with it.

What a person may not see does not exist for them: `ABSENT` (404), also in counts, searches and
choices. Somebody without a sign-in is sent to the sign-in page.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PERSONAS = {
    "rep": "rep",
    "manager": "her manager",
    "outsider": "rep of another team",
    "other_manager": "other manager",
    "director": "director",
    "hr": "HR",
    "analyst": "analyst",
    "admin": "administrator",
    "anonymous": "nobody signed in",
}

# What is seen of rows and records.
OWN, SUBTREE, ALL = "own", "subtree", "all"
# Answers of pages that show no rows of their own, or rows checked in their own tests.
PAGE, ABSENT, SIGN_IN, REFUSED, MOVES = "page", "404", "sign-in", "403", "goes on"


@dataclass(frozen=True)
class Page:
    """One URL name; `kind` says how the test asks: list, record, page, action (POST)."""

    name: str
    what: str
    kind: str
    sees: dict[str, str]
    # Which record's id the address takes, or its other arguments (see test_matrix.arguments).
    of: str = ""
    # How it reaches the reader; empty: as the kind says. See CHANNELS.
    channel: str = ""

    @property
    def channel_word(self) -> str:
        return self.channel or self.kind


def sees(**words: str) -> dict[str, str]:
    """One word for each persona; `everybody` for those not named."""
    rest = words.pop("everybody", ABSENT)
    return {persona: words.get(persona, rest) for persona in PERSONAS}


CUSTOMER_ROWS = sees(
    rep=OWN,
    manager=SUBTREE,
    outsider=OWN,
    other_manager=SUBTREE,
    director=ALL,
    analyst=ALL,
    admin=ALL,
    anonymous=SIGN_IN,
)
OWN_TEAM_FIGURES = sees(manager=PAGE, director=PAGE, analyst=PAGE, admin=PAGE, anonymous=SIGN_IN)
ADMIN_ONLY = sees(admin=PAGE, anonymous=SIGN_IN)
IMPORTER = sees(manager=PAGE, admin=PAGE, anonymous=SIGN_IN)
EXPORTER = sees(
    manager=PAGE, other_manager=PAGE, director=PAGE, admin=PAGE, anonymous=SIGN_IN
)
EVERYBODY = sees(everybody=PAGE)
MEMBERS = sees(everybody=PAGE, anonymous=SIGN_IN)

MATRIX = (
    Page("customers", "list, search, count, choices", "list", CUSTOMER_ROWS, "customer"),
    Page("customer", "page", "record", CUSTOMER_ROWS, "customer"),
    Page("opportunities", "list, search, count, choices", "list", CUSTOMER_ROWS, "opportunity"),
    Page("opportunity", "page", "record", CUSTOMER_ROWS, "opportunity"),
    Page("customer_opportunities", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("orders", "list, search, count, choices", "list", CUSTOMER_ROWS, "order"),
    Page("order", "page", "record", CUSTOMER_ROWS, "order"),
    Page("customer_orders", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("opportunity_orders", "part of a page", "record", CUSTOMER_ROWS, "opportunity"),
    Page("customers_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("opportunities_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("orders_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("dashboard", "figures of the widest scope one has", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("dashboard_team", "figures of the rep's team", "page", OWN_TEAM_FIGURES, "team"),
    Page("reports", "editions of the teams that one sees", "page",
         {**OWN_TEAM_FIGURES, "other_manager": PAGE}),
    Page("weekly_report", "report of the rep's team", "page", OWN_TEAM_FIGURES, "week"),
    Page("weekly_report_pdf", "the same on paper", "page", OWN_TEAM_FIGURES, "week"),
    Page("weekly_report_send", "have it mailed", "action",
         sees(manager=MOVES, director=MOVES, admin=MOVES, analyst=REFUSED, anonymous=SIGN_IN),
         "week"),
    Page("delivery_send_again", "mail it again", "action",
         sees(manager=MOVES, director=MOVES, admin=MOVES, analyst=REFUSED, anonymous=SIGN_IN),
         "delivery"),
    Page("imports", "the imports that one started; an administrator's: all", "page",
         sees(manager=PAGE, other_manager=PAGE, admin=PAGE, anonymous=SIGN_IN)),
    Page("import_run", "result of the manager's import", "page", IMPORTER, "import"),
    Page("import_rejected", "its rejected rows as a file", "page", IMPORTER, "import"),
    Page("night_runs", "run log", "page", ADMIN_ONLY),
    Page("night_run", "one run", "page", ADMIN_ONLY, "run"),
    Page("night_run_start", "start a run", "action", sees(admin=MOVES, anonymous=SIGN_IN)),
    Page("home", "start", "page", sees(everybody=MOVES, hr=PAGE, anonymous=SIGN_IN)),
    Page("choose_language", "switch", "action", sees(everybody=MOVES), "language"),
    Page("choose_theme", "switch", "action", sees(everybody=MOVES), "theme"),
    Page("components", "gallery of components", "page", ADMIN_ONLY),
    Page("member_choices", "suggestions of a field: whose work one sees", "page",
         sees(everybody=PAGE, anonymous=SIGN_IN)),
    Page("acting_start", "look at the product as the rep", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "member"),
    Page("acting_stop", "be oneself again", "action", sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("member_move", "move the rep to another team", "page",
         sees(manager=PAGE, hr=PAGE, admin=PAGE, anonymous=SIGN_IN), "member"),
    Page("member_move_cancel", "take back a move of the rep", "action",
         sees(manager=MOVES, hr=MOVES, admin=MOVES, anonymous=SIGN_IN), "planned move"),
    Page("member_leave", "let the rep go", "page",
         sees(manager=REFUSED, hr=REFUSED, admin=PAGE, anonymous=SIGN_IN), "member"),
    Page("member_leave_cancel", "the rep stays after all", "action",
         sees(manager=REFUSED, hr=REFUSED, admin=MOVES, anonymous=SIGN_IN), "departure"),
    Page("member_departure", "part of the rep's page", "page",
         sees(manager=PAGE, hr=PAGE, admin=PAGE, anonymous=SIGN_IN), "departure"),
    Page("audit_log", "log, search, count; HR: what is about people", "page",
         sees(hr=PAGE, admin=PAGE, anonymous=SIGN_IN)),
    Page("audit_entry", "one entry and its rows, here about a member", "page",
         sees(hr=PAGE, admin=PAGE, anonymous=SIGN_IN), "audit entry"),
    Page("record_history", "part of the record's page, here of the rep's opportunity", "page",
         sees(rep=PAGE, manager=PAGE, director=PAGE, analyst=PAGE, admin=PAGE, anonymous=SIGN_IN),
         "history"),
    Page("favicon", "picture", "page", sees(everybody=MOVES)),
    # The tests have no provider: without one these addresses are nobody's.
    Page("single_sign_on", "leads to the company's own sign-in, where there is one", "action", sees()),
    Page("single_sign_on_back", "the way back from there", "page", sees()),
    Page("profile", "own name, language, zone", "page", MEMBERS),
    Page("security", "own sign-in and sessions", "page", MEMBERS),
    Page("api_tokens", "own tokens", "page", MEMBERS),
    Page("api_token_revoke", "the rep's token", "action",
         sees(rep=MOVES, anonymous=SIGN_IN), "token"),
    Page("session_end", "the rep's other session", "action",
         sees(rep=MOVES, anonymous=SIGN_IN), "session"),
    Page("sessions_end_others", "own other sessions", "action",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("two_step_set_up", "choice of an own second step", "page", MEMBERS),
    Page("two_step_reset", "take the rep's second step off", "action",
         sees(manager=REFUSED, hr=REFUSED, admin=MOVES, anonymous=SIGN_IN), "member"),
    Page("mfa_authenticate", "second step of signing in", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_reauthenticate", "own code again", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_activate_totp", "own authenticator app, after the password", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_deactivate_totp", "nothing for those without", "page", sees(anonymous=SIGN_IN)),
    Page("mfa_view_recovery_codes", "nothing for those without", "page",
         sees(anonymous=SIGN_IN)),
    Page("mfa_generate_recovery_codes", "own codes, after the password", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_add_webauthn", "own passkey, after the password", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_edit_webauthn", "own passkey, after the password", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN), "passkey"),
    Page("mfa_remove_webauthn", "own passkey, after the password", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN), "passkey"),
    Page("mfa_reauthenticate_webauthn", "own passkey again", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("mfa_login_webauthn", "sign in with a passkey", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("account_login", "sign in", "page", sees(everybody=MOVES, anonymous=PAGE)),
    Page("account_logout", "sign out", "page", sees(everybody=PAGE, anonymous=SIGN_IN)),
    Page("account_signup", "closed: members are invited", "page",
         sees(everybody=MOVES, anonymous=PAGE)),
    Page("account_inactive", "notice", "page", EVERYBODY),
    Page("account_reauthenticate", "own password again", "page", MEMBERS),
    Page("account_email", "own addresses", "page", MEMBERS),
    Page("account_email_verification_sent", "notice", "page", EVERYBODY),
    Page("account_confirm_email", "by a mailed key", "page", EVERYBODY, "key"),
    Page("account_change_password", "own password", "page", MEMBERS),
    Page("account_set_password", "for those without one", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("account_confirm_login_code", "not in use", "page",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("account_reset_password", "forgotten password", "page", EVERYBODY),
    Page("account_reset_password_done", "notice", "page", EVERYBODY),
    Page("account_reset_password_from_key", "by a mailed key", "page", EVERYBODY, "reset key"),
    Page("account_reset_password_from_key_done", "notice", "page", EVERYBODY),
)  # fmt: skip


def markdown() -> Iterator[str]:
    """docs/access.md, line by line."""
    yield "# Who sees what"
    yield ""
    yield "Printed from `tests/access/matrix.py`, which the tests hold every page to:"
    yield "`python -m tests.access.matrix > docs/access.md`."
    yield ""
    yield (
        f"**{OWN}**: records they own, and customers without an owner (the pool). **{SUBTREE}**: those"
        " of the teams that they lead, their own, and the pool. **404**: for this person the page"
        " does not exist. **403**: they see it, but may not do this. **goes on**: leads to another"
        " page. The analyst sees contacts without phone and email."
    )
    yield ""
    yield "| page | | " + " | ".join(PERSONAS.values()) + " |"
    yield "| --- | --- |" + " --- |" * len(PERSONAS)
    for page in MATRIX:
        yield f"| {page.name} | {page.what} | " + " | ".join(page.sees.values()) + " |"


if __name__ == "__main__":
    print("\n".join(markdown()))  # noqa: T201 - its output is the document
