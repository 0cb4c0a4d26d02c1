"""Who sees what, page by page. docs/access.md is printed from this table and compared with it.

What a person may not see does not exist for them: `ABSENT` (404), also in counts, searches and
choices. Somebody without a sign-in is sent to the sign-in page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.members.roles import READS, WRITES, AccessRole
from tests.access import records, relations

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


# What reaches a reader, and how. Files are refused to whoever looks as somebody else.
CHANNELS = ("page", "list", "record", "panel", "action", "autocomplete", "export", "pdf", "feed")
FILES = {"export", "pdf"}
CHANNEL_NAMES = (
    (r"_(export|csv|xlsx|rejected|template|refused)$", "export"),
    (r"_pdf$", "pdf"),
    (r"_choices$", "autocomplete"),
    (r"feed|ical|_ics|rss|atom", "feed"),
)


@dataclass(frozen=True)
class Page:
    """One URL name; `kind` says how the test asks: list, record, page, action (POST)."""

    name: str
    what: str
    kind: str
    sees: dict[str, str]
    # Which record's id the address takes, or its other arguments (see test_matrix.arguments).
    of: str = ""
    # By which channel it reaches the reader; empty: as its name and kind say.
    channel: str = ""

    @property
    def channel_word(self) -> str:
        if self.channel:
            return self.channel
        told = (word for pattern, word in CHANNEL_NAMES if re.search(pattern, self.name))
        return next(told, "panel" if self.what.startswith("part of") else self.kind)


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
# Pages for roles that see customers, whose rows are checked in their own tests.
CUSTOMER_PAGES = sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)
OWN_TEAM_FIGURES = sees(manager=PAGE, director=PAGE, analyst=PAGE, admin=PAGE, anonymous=SIGN_IN)
ADMIN_ONLY = sees(admin=PAGE, anonymous=SIGN_IN)
IMPORTER = sees(manager=PAGE, admin=PAGE, anonymous=SIGN_IN)
EXPORTER = sees(manager=PAGE, other_manager=PAGE, director=PAGE, admin=PAGE, anonymous=SIGN_IN)
EVERYBODY = sees(everybody=PAGE)
MEMBERS = sees(everybody=PAGE, anonymous=SIGN_IN)

# Of the rep's customer: who reads what belongs to it, adds to it, takes away what she has added.
READS_OF = sees(rep=PAGE, manager=PAGE, director=PAGE, analyst=PAGE, admin=PAGE, anonymous=SIGN_IN)
WRITES_ON = {**READS_OF, "analyst": REFUSED}
TAKES_AWAY = sees(
    rep=MOVES, manager=MOVES, director=MOVES, analyst=REFUSED, admin=MOVES, anonymous=SIGN_IN
)

# Whoever may own customers has a day of calls; the rep's customer is opened by those who change it.
CALLERS = sees(everybody=PAGE, hr=ABSENT, analyst=ABSENT, anonymous=SIGN_IN)
OPENS_TO_CALL = sees(rep=MOVES, manager=MOVES, director=MOVES, admin=MOVES, anonymous=SIGN_IN)

TEAM_TREE = sees(
    manager=PAGE, other_manager=PAGE, director=PAGE, hr=PAGE, admin=PAGE, anonymous=SIGN_IN
)
# The record of the rep's team; this director leads no team, and whoever leads none opens none.
TEAM_RECORD = sees(manager=PAGE, hr=PAGE, admin=PAGE, anonymous=SIGN_IN)
TEAM_FIGURES = sees(manager=PAGE, admin=PAGE, anonymous=SIGN_IN)

MATRIX = (
    Page("customers", "list, search, count, choices", "list", CUSTOMER_ROWS, "customer"),
    Page("customer", "page", "record", CUSTOMER_ROWS, "customer"),
    Page("customers_count", "how many a long list has", "page", CUSTOMER_PAGES),
    Page("customer_columns", "part of the list: its columns", "page", CUSTOMER_PAGES),
    Page("customer_value_choices", "words of customers that one sees", "page", CUSTOMER_PAGES),
    Page("customer_tags", "part of a page: its tags", "record", CUSTOMER_ROWS, "customer"),
    Page("tag_choices", "tags of customers that one sees", "page", CUSTOMER_PAGES),
    Page("tags", "all tags, to be kept in order", "page", ADMIN_ONLY),
    Page("tag", "rename or merge one", "page", ADMIN_ONLY, "tag"),
    Page("tag_delete", "delete one", "action", sees(admin=MOVES, anonymous=SIGN_IN), "tag"),
    Page("custom_fields", "fields of customers", "page", ADMIN_ONLY),
    Page("custom_field_new", "add one", "page", ADMIN_ONLY),
    Page("custom_field", "change one", "page", ADMIN_ONLY, "custom field"),
    Page("custom_field_move", "its place", "action", sees(admin=MOVES, anonymous=SIGN_IN),
         "custom field"),
    Page("custom_field_delete", "delete one that is not used", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "custom field"),
    Page("saved_view_new", "nothing without a list", "page", sees(anonymous=SIGN_IN)),
    Page("saved_view", "the rep's view: its name and readers", "page",
         sees(rep=PAGE, anonymous=SIGN_IN), "saved view"),
    Page("saved_view_update", "what it shows", "action", sees(rep=MOVES, anonymous=SIGN_IN),
         "saved view"),
    Page("saved_view_delete", "delete it", "action", sees(rep=MOVES, anonymous=SIGN_IN),
         "saved view"),
    Page("saved_view_default", "how one's own list opens", "action",
         sees(everybody=MOVES, anonymous=SIGN_IN), "list"),
    Page("list_columns", "one's own columns of a list", "action",
         sees(everybody=MOVES, anonymous=SIGN_IN), "list"),
    Page("bulk_runs", "one's own changes of many customers", "page", CUSTOMER_PAGES),
    Page("bulk_new", "change many; without any, back to the list", "page",
         sees(rep=MOVES, manager=MOVES, outsider=MOVES, other_manager=MOVES, director=MOVES,
              admin=MOVES, anonymous=SIGN_IN)),
    Page("bulk_run", "the manager's own", "page", sees(manager=PAGE, anonymous=SIGN_IN), "bulk run"),
    Page("bulk_stop", "stop it", "action", sees(manager=MOVES, anonymous=SIGN_IN), "bulk run"),
    Page("bulk_run_refused", "its refused customers as a file", "page",
         sees(manager=PAGE, anonymous=SIGN_IN), "bulk run"),
    Page("bulk_run_export", "the file that it wrote", "page",
         sees(manager=PAGE, anonymous=SIGN_IN), "bulk run"),
    Page("opportunities", "list, search, count, choices", "list", CUSTOMER_ROWS, "opportunity"),
    Page("opportunity", "page", "record", CUSTOMER_ROWS, "opportunity"),
    Page("customer_new", "make one", "page",
         sees(everybody=PAGE, analyst=REFUSED, hr=ABSENT, anonymous=SIGN_IN)),
    Page("customer_choices", "suggestions of a field: customers one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("customer_edit", "all fields of the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("customer_field", "one of them in place", "page", WRITES_ON, "field"),
    Page("customer_delete", "delete the rep's customer", "page", WRITES_ON, "the rep's customer"),
    Page("customers_deleted", "those that one may bring back", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("search", "customers by any part of their names and contacts", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="autocomplete"),
    Page("duplicate_check", "part of a form: customers one sees that look alike", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="autocomplete"),
    Page("duplicates", "pairs of which one sees both: list, search, count", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("duplicate_dismiss", "two of the rep's are not the same", "action", TAKES_AWAY, "pair"),
    Page("duplicate_reopen", "they may be the same after all", "action", TAKES_AWAY,
         "dismissed pair"),
    Page("customer_duplicates", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("customers_merge", "choose customers to merge", "page",
         sees(everybody=PAGE, analyst=REFUSED, hr=ABSENT, anonymous=SIGN_IN)),
    Page("merge_undo", "part what the rep merged", "page", WRITES_ON, "merge"),
    Page("customer_restore", "bring back what the rep deleted", "action",
         {**TAKES_AWAY, "analyst": ABSENT}, "deleted customer"),
    Page("contact_new", "add somebody at the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("contact_edit", "somebody at the rep's customer", "page", WRITES_ON, "contact"),
    Page("contact_delete", "delete them", "page", WRITES_ON, "contact"),
    Page("contact_restore", "bring them back", "action", {**TAKES_AWAY, "analyst": ABSENT},
         "deleted contact"),
    Page("special_date_new", "note a day of the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("special_date_delete", "delete it", "action", TAKES_AWAY, "special date"),
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
    Page("people_export", "the directory as a file", "page",
         sees(hr=PAGE, admin=PAGE, anonymous=SIGN_IN), channel="export"),
    Page("pool", "customers that nobody owns", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("customers_claim", "take several", "action",
         sees(everybody=MOVES, analyst=REFUSED, hr=ABSENT, anonymous=SIGN_IN)),
    Page("customer_claim", "take a customer of the pool", "action",
         sees(everybody=MOVES, analyst=REFUSED, hr=ABSENT, anonymous=SIGN_IN), "pooled customer"),
    Page("customer_hold", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("customer_release", "give the rep's customer back", "page",
         sees(rep=PAGE, manager=PAGE, director=PAGE, admin=PAGE, analyst=REFUSED,
              anonymous=SIGN_IN), "rep's customer"),
    Page("customer_hand_over", "give the rep's customer to somebody else", "page",
         sees(rep=REFUSED, manager=PAGE, director=PAGE, admin=PAGE, analyst=REFUSED,
              anonymous=SIGN_IN), "rep's customer"),
    Page("pool_settings", "the rules of the pool, and what others would release", "page",
         ADMIN_ONLY),
    Page("customer_call", "part of a page: may they be called now", "record", CUSTOMER_ROWS,
         "customer"),
    Page("contact_do_not_call", "somebody at the rep's customer who must not be called", "page",
         WRITES_ON, "contact"),
    Page("outcome_rules", "what outcomes propose", "page", ADMIN_ONLY),
    Page("outcome_rule", "what one proposes", "page", ADMIN_ONLY, "outcome"),
    Page("call_settings", "when and how often customers may be called", "page", ADMIN_ONLY),
    Page("pool_dry_run_export", "what they would release, as a file", "page", ADMIN_ONLY),
    Page("call_hook", "where phone systems send events, by signature alone", "action",
         sees(everybody="401")),
    Page("calls_inbox", "calls without a customer that one works off: list, search, count", "page",
         sees(everybody=PAGE, analyst=ABSENT, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("call_assign", "say whose a call of the rep's was", "page",
         sees(rep=PAGE, manager=PAGE, director=PAGE, admin=PAGE, anonymous=SIGN_IN), "phone call"),
    Page("call_dismiss", "dismiss it with a reason", "page",
         sees(rep=PAGE, manager=PAGE, director=PAGE, admin=PAGE, anonymous=SIGN_IN), "phone call"),
    Page("phone_systems", "phone systems that send events", "page", ADMIN_ONLY),
    Page("phone_system", "one with its extensions", "page", ADMIN_ONLY, "phone system"),
    Page("phone_system_switch", "take its events or refuse them", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "phone system"),
    Page("phone_system_rotate", "make a new secret", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "phone system"),
    Page("phone_extension_remove", "take an extension off its member", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "extension"),
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
    Page("personal_data", "people to inform or erase", "page", ADMIN_ONLY),
    Page("personal_data_of", "what is kept of one contact", "page", ADMIN_ONLY, "person"),
    Page("personal_data_export", "the same as a file", "action", ADMIN_ONLY, "person",
         channel="export"),
    Page("tiers", "the tiers of the customers that one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("tiers_pending", "those about to change", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("tiers_overrides", "those set by hand", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("tier_settings", "the rule of the tiers, and what another would change", "page", ADMIN_ONLY),
    Page("service", "how far the service policy is kept for customers one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("service_breaches", "promises not kept to customers one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("service_breaches_export", "the list as a file, for those who may export", "page",
         EXPORTER, channel="export"),
    Page("service_responses", "first responses to leads one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("service_settings", "the service policy, and what another would find", "page", ADMIN_ONLY),
    Page("customer_service", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("lifecycle", "the stages of the customers that one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("lifecycle_moves", "their moves between stages", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("customers_at_risk", "customers one sees that should have ordered by now", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN), channel="list"),
    Page("customers_at_risk_export", "the list as a file, for those who may export", "page",
         EXPORTER, channel="export"),
    Page("customer_lifecycle", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("lifecycle_override", "set the stage of the rep's customer by hand", "page",
         sees(rep=PAGE, manager=PAGE, director=PAGE, admin=PAGE, analyst=REFUSED,
              anonymous=SIGN_IN), "stage by hand"),
    Page("lifecycle_override_cancel", "have the figures decide again", "action",
         sees(rep=MOVES, manager=MOVES, director=MOVES, admin=MOVES, analyst=REFUSED,
              anonymous=SIGN_IN), "stage by hand"),
    Page("customer_tier", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("tier_override", "set the tier of the rep's customer by hand", "page",
         sees(rep=REFUSED, manager=PAGE, director=PAGE, analyst=REFUSED, admin=PAGE,
              anonymous=SIGN_IN), "tier by hand"),
    Page("tier_override_cancel", "have it computed again", "action",
         sees(rep=REFUSED, manager=MOVES, director=MOVES, analyst=REFUSED, admin=MOVES,
              anonymous=SIGN_IN), "tier by hand"),
    Page("customer_timeline", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("customer_next_step", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("note_new", "write a note on the rep's customer", "page", WRITES_ON, "the rep's customer"),
    Page("note", "a note on the rep's customer", "page", READS_OF, "note"),
    Page("note_edit", "change the rep's note", "page",
         {**WRITES_ON, "manager": REFUSED, "director": REFUSED, "admin": REFUSED}, "note"),
    Page("note_delete", "take the rep's note away", "action", TAKES_AWAY, "note"),
    Page("mention_choices", "who may see the rep's customer", "page",
         {**WRITES_ON, "analyst": ABSENT}, "the rep's customer"),
    Page("file_new", "file a document with the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("customer_file", "download it; contact data in it can't be masked", "page",
         {**READS_OF, "analyst": ABSENT}, "file", channel="export"),
    Page("file_delete", "take the rep's file away", "action", TAKES_AWAY, "file"),
    Page("activities", "contacts with customers one sees: list, search, count", "page",
         CUSTOMER_PAGES, channel="list"),
    Page("activities_count", "how many a long list has", "page", CUSTOMER_PAGES),
    Page("activity_columns", "part of the list: its columns", "page", CUSTOMER_PAGES),
    Page("activities_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("activity_calendar", "what one did and plans, or somebody whose work one sees", "page",
         CUSTOMER_PAGES),
    Page("planned_visits", "visits of a day, of the same people", "page", CUSTOMER_PAGES),
    Page("activity_new", "log a contact with the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("activity", "a contact with the rep's customer", "page", READS_OF, "activity"),
    Page("activity_history", "part of its page: what it said before", "page", READS_OF, "activity"),
    Page("activity_edit", "correct what the rep has just written down", "page",
         {**WRITES_ON, "manager": REFUSED, "director": REFUSED, "admin": REFUSED}, "activity"),
    Page("activity_delete", "delete what the rep has just written down", "action",
         {**TAKES_AWAY, "manager": REFUSED, "director": REFUSED, "admin": REFUSED}, "activity"),
    Page("follow_up_new", "plan a step with the rep's customer", "page", WRITES_ON,
         "the rep's customer"),
    Page("follow_up_drop", "drop a step with the rep's customer", "action", TAKES_AWAY,
         "next step"),
    Page("my_day", "the reader's own call queue", "page", CALLERS),
    Page("my_day_next", "open the next customer of one's own queue", "action",
         {persona: MOVES if word == PAGE else word for persona, word in CALLERS.items()}),
    Page("my_day_log", "log a call with the rep's customer", "page", OPENS_TO_CALL,
         "the rep's customer"),
    Page("my_day_undo", "take back what the rep has just logged", "action",
         sees(rep=MOVES, anonymous=SIGN_IN), "activity"),
    Page("my_day_keep", "keep the rep's customer while calling", "action",
         {persona: PAGE if word == MOVES else word for persona, word in OPENS_TO_CALL.items()},
         "the rep's customer"),
    Page("follow_ups", "follow-ups and tasks due and coming: one's own, or of those whom one leads",
         "page", CUSTOMER_PAGES),
    Page("follow_ups_missing", "open customers without a next step", "page", CUSTOMER_PAGES),
    Page("follow_up_snooze", "put a step of the rep's off", "page", WRITES_ON, "next step"),
    Page("follow_up_reassign", "give a step of the rep's to others", "page", WRITES_ON, "next step"),
    Page("follow_up_edit", "change a step with the rep's customer", "page", WRITES_ON, "next step"),
    Page("follow_up_end", "drop a step and those after it", "action", TAKES_AWAY, "next step"),
    Page("task_new", "add a task", "page", {**CUSTOMER_PAGES, "analyst": REFUSED}),
    Page("task", "a task of the rep's", "page", READS_OF, "task"),
    Page("task_edit", "change it", "page", WRITES_ON, "task"),
    Page("task_reassign", "give it to others", "page", WRITES_ON, "task"),
    Page("task_finish", "finish it", "action", TAKES_AWAY, "task"),
    Page("task_drop", "drop it", "action", TAKES_AWAY, "task"),
    Page("task_reopen", "open it again", "action", TAKES_AWAY, "done task"),
    Page("notifications", "what one is told", "page", MEMBERS),
    Page("notifications_menu", "part of every page: what one is told", "page", MEMBERS),
    Page("notifications_read", "mark one's own as read", "action",
         sees(everybody=MOVES, anonymous=SIGN_IN)),
    Page("notification_open", "what the rep is told", "page",
         sees(rep=MOVES, anonymous=SIGN_IN), "notification"),
    Page("notification_read", "mark it as read", "action",
         sees(rep=MOVES, anonymous=SIGN_IN), "notification"),
    Page("customer_import", "bring customers in from a file", "page",
         sees(manager=PAGE, other_manager=PAGE, admin=PAGE, anonymous=SIGN_IN)),
    Page("customer_import_template", "an empty file with headings", "page",
         sees(manager=PAGE, other_manager=PAGE, admin=PAGE, anonymous=SIGN_IN)),
    Page("customer_import_run", "where the manager's import stands", "page", IMPORTER,
         "customer import"),
    Page("customer_import_start", "carry it out", "action",
         sees(manager=MOVES, admin=MOVES, anonymous=SIGN_IN), "customer import"),
    Page("customer_import_drop", "forget its file", "action",
         sees(manager=MOVES, admin=MOVES, anonymous=SIGN_IN), "customer import"),
    Page("night_runs", "run log", "page", ADMIN_ONLY),
    Page("night_run", "one run", "page", ADMIN_ONLY, "run"),
    Page("night_run_start", "start a run", "action", sees(admin=MOVES, anonymous=SIGN_IN)),
    Page("customer_screening", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("customers_parked", "list, search, count, choices", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("customers_parked_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("screening_settings", "what a screening asks", "page", ADMIN_ONLY),
    Page("screening_dimension_new", "one more thing to grade", "page", ADMIN_ONLY),
    Page("screening_dimension", "its words and veto", "page", ADMIN_ONLY, "dimension"),
    Page("screening_dimension_move", "its place", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "dimension"),
    Page("customer_satisfaction", "part of a page", "record", CUSTOMER_ROWS, "customer"),
    Page("survey_revoke", "take back a survey to the rep's customer", "action",
         sees(rep=MOVES, manager=MOVES, director=MOVES, admin=MOVES, analyst=REFUSED,
              anonymous=SIGN_IN), "survey"),
    Page("satisfaction", "figures of the surveys that one sees", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("satisfaction_answers", "list, search, count, choices", "page",
         sees(everybody=PAGE, hr=ABSENT, anonymous=SIGN_IN)),
    Page("satisfaction_export", "the list as a file, for those who may export", "page", EXPORTER,
         channel="export"),
    Page("survey_answer", "a link that opens nothing; a good one is its holder's", "page", sees(),
         "key"),
    Page("home", "start", "page", sees(everybody=MOVES, anonymous=SIGN_IN)),
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
    Page("people", "the directory as far as one sees it", "page", TEAM_TREE),
    Page("member", "the rep's record", "page", TEAM_RECORD, "member"),
    Page("member_edit", "its fields; which ones, the role says", "page", TEAM_RECORD, "member"),
    Page("member_reactivate", "let the rep in again", "page", ADMIN_ONLY, "member"),
    Page("invitations", "list, search, count", "page",
         sees(hr=PAGE, admin=PAGE, anonymous=SIGN_IN)),
    Page("invitation_new", "invite somebody", "page", ADMIN_ONLY),
    Page("invitation_renew", "mail a new link", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "invitation"),
    Page("invitation_revoke", "take an invitation back", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "invitation"),
    Page("invitation_accept", "a link that lets nobody in; a good one is its holder's", "page",
         sees(), "key"),
    Page("invitation_file", "invite from a file", "page", ADMIN_ONLY, channel="page"),
    Page("invitation_template", "an example of such a file", "page", ADMIN_ONLY),
    Page("invitation_batch", "what the administrator's own file would do", "page", ADMIN_ONLY,
         "batch"),
    Page("invitation_batch_confirm", "invite whom it names", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "batch"),
    Page("invitation_batch_refused", "its refused rows as a file", "page", ADMIN_ONLY, "batch"),
    Page("set_up", "done here: leads to the settings", "page",
         sees(admin=MOVES, anonymous=SIGN_IN)),
    Page("organisation_settings", "settings of the firm", "page", ADMIN_ONLY),
    Page("organisation_calendar", "holidays and exceptions", "page", ADMIN_ONLY),
    Page("calendar_preview", "part of the settings", "page", ADMIN_ONLY),
    Page("calendar_day_remove", "take an exception out", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "day"),
    Page("positions", "positions of the firm", "page", ADMIN_ONLY),
    Page("position_new", "make one", "page", ADMIN_ONLY),
    Page("position", "change one", "page", ADMIN_ONLY, "position"),
    Page("position_delete", "delete one that nobody had", "action",
         sees(admin=MOVES, anonymous=SIGN_IN), "position"),
    Page("teams", "the tree as far as one sees it", "page", TEAM_TREE),
    Page("team_new", "form a team where one may", "page", TEAM_TREE),
    Page("team", "the rep's team: people, stage, coverage", "page", TEAM_RECORD, "team"),
    Page("team_edit", "its fields", "page", TEAM_RECORD, "team"),
    Page("team_stage", "its stage by hand", "page", TEAM_RECORD, "team"),
    Page("team_member_add", "somebody of another team", "page", TEAM_RECORD, "team"),
    Page("team_move", "its place; its own lead does not decide it", "page",
         {**TEAM_RECORD, "manager": REFUSED}, "team"),
    Page("team_close", "its end; its own lead does not decide it", "page",
         {**TEAM_RECORD, "manager": REFUSED}, "team"),
    Page("team_reopen", "take up a closed team below the rep's", "action",
         sees(manager=MOVES, hr=MOVES, admin=MOVES, anonymous=SIGN_IN), "closed team"),
    Page("membership_end", "the rep leaves a second team", "page", TEAM_RECORD,
         "second membership"),
    Page("team_signs", "part of the team's page: figures", "page", TEAM_FIGURES, "team"),
    Page("team_load", "part of the team's page: figures", "page", TEAM_FIGURES, "team"),
    Page("team_open_work", "part of the team's page: figures", "page", TEAM_FIGURES, "team"),
    Page("member_stand_ins", "part of the rep's page and of one's own", "page",
         {**TEAM_RECORD, "rep": PAGE}, "member"),
    Page("stand_in_cancel", "take back that somebody stands in for the manager", "action",
         sees(manager=MOVES, hr=MOVES, admin=MOVES, anonymous=SIGN_IN), "stand-in"),
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
    yield "Printed from `apps/members/roles.py` and `tests/access/`, which the tests hold the product to:"
    yield "`python -m tests.access.matrix > docs/access.md`."
    yield ""
    yield from _roles()
    yield from _rules()
    yield "## Records"
    yield ""
    yield "What each role does with a record, whatever their relation to it: on its page, in lists,"
    yield "counts, searches, choices, suggestions and files (`tests/access/relations.py`)."
    yield ""
    yield from relations.markdown()
    yield from _pages()
    yield "## Models"
    yield ""
    yield from records.markdown()


def _roles() -> Iterator[str]:
    yield "## Roles"
    yield ""
    yield "How far a role reads, and after the stroke how far it changes, where that differs"
    yield "(`roles.py`)."
    yield ""
    yield "| kind | " + " | ".join(role.value for role in AccessRole) + " |"
    yield "| --- |" + " --- |" * len(AccessRole)
    for kind, reads in READS.items():
        words = (_reach(reads[role].name, WRITES[kind][role].name) for role in AccessRole)
        yield f"| {kind.value} | " + " | ".join(words) + " |"
    masks = ("yes" if role.sees_contact_data else "masked" for role in AccessRole)
    yield "| phones and addresses of contacts | " + " | ".join(masks) + " |"
    yield ""
    yield "Who takes lists away as files is said in the settings, and of a member for themselves."
    yield ""


def _reach(reads: str, writes: str) -> str:
    return reads.lower() if reads == writes else f"{reads.lower()} / {writes.lower()}"


RULES = """\
**Stand-in.** While a lead is away, from the first day up to and with the last one in the organisation's
zone, the person named leads their teams too: they see and change what the lead's teams hold. A rep acts
as a manager for these days; nobody else's role changes, and HR and analysts can't stand in. It is for
the teams that the absent one leads, not for everything that a director sees; the lead's own record stays
closed, and so do plans, pulse answers and cases. It is not passed on: who stands in for a stand-in gets
what that one leads themselves. It ends at once when it is cancelled or the lead leaves.

**Looking as somebody else.** An administrator looks at the product as any active member who is no
administrator. Nothing can be changed, no file taken away, the person's account pages don't exist, and
plans, pulse answers, cases and the audit log stay closed. A banner says so on every page, in the
administrator's language, while the page speaks the other's. Beginning, end and every page opened are in
the audit log. It ends by “Stop”, by signing out, after 60 minutes, or when one of the two may not any
more; a change sent after that is not made.
"""


def _rules() -> Iterator[str]:
    yield from RULES.splitlines()
    yield ""


def _pages() -> Iterator[str]:
    yield "## Pages"
    yield ""
    yield (
        f"**{OWN}**: records they own, and customers without an owner (the pool). **{SUBTREE}**: those"
        " of the teams that they lead, their own, and the pool. **404**: for this person the page"
        " does not exist. **403**: they see it, but may not do this. **goes on**: leads to another"
        " page. There is no feed yet: an address that is one has to be declared."
    )
    yield ""
    yield "| page | channel | | " + " | ".join(PERSONAS.values()) + " |"
    yield "| --- | --- | --- |" + " --- |" * len(PERSONAS)
    for page in MATRIX:
        answers = " | ".join(page.sees.values())
        yield f"| {page.name} | {page.channel_word} | {page.what} | {answers} |"
    yield ""


if __name__ == "__main__":
    print("\n".join(markdown()))  # noqa: T201 - its output is the document
