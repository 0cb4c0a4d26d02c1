"""A hundred thousand customers with a contact each, as German and Chinese firms are called."""

from django.db import connection

from apps.core.models import Organisation
from apps.customers.keys import keys_refresh
from apps.members.models import AccessRole, Member, Team
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create

ROWS = 100_000
TEAMS, REPS_PER_TEAM = 10, 20

CUSTOMERS = """
INSERT INTO customers_customer
  (name, owner_id, industry, region, source, employees, is_sample, created_at)
SELECT CASE WHEN i %% 2 = 0 THEN
         (ARRAY['Hart','Nord','Adler','Eiche','Rhein','Linden','Stein','Berg'])[1 + h %% 8]
         || (ARRAY['mann','hof','wald','tal','bach','feld'])[1 + (h / 8) %% 6] || ' '
         || initcap(substr(translate(md5(i::text), '0123456789', 'lmnoprstuv'), 1, 7)) || ' '
         || (ARRAY['Technik','Logistik','Handel','Maschinenbau','Service'])[1 + (h / 48) %% 5]
         || (ARRAY[' GmbH',' AG',' KG',' GmbH & Co. KG'])[1 + (h / 240) %% 4]
       ELSE
         (ARRAY['北京','上海','深圳','广州','杭州','重庆','成都','南京'])[1 + h %% 8]
         || chr(19968 + (h / 8) %% 3000) || chr(19968 + (h / 24000) %% 3000)
         || (ARRAY['科技','贸易','电子','信息技术','机械'])[1 + (h / 48) %% 5] || '有限公司'
       END,
       CASE WHEN i %% 20 > 0 THEN (%(reps)s)[1 + i %% %(n)s] END,
       (ARRAY['Retail','Food','Machines','Health'])[1 + i %% 4],
       (ARRAY['North','South','East','West'])[1 + (i / 4) %% 4], '', i %% 900, false, now()
FROM generate_series(1, %(rows)s) i CROSS JOIN LATERAL (SELECT abs(hashint4(i)) AS h) hashed
"""
CONTACTS = """
INSERT INTO customers_contact (customer_id, name, job_title, decision_role, phone, email, is_sample)
SELECT c.id,
       CASE WHEN c.id %% 2 = 0 THEN
         (ARRAY['Anna','Jonas','Mira','Paul','Lena','Karl'])[1 + h %% 6] || ' '
         || initcap(substr(translate(md5(h::text), '0123456789', 'lmnoprstuv'), 1, 6))
       ELSE (ARRAY['王','李','张','刘','陈','单'])[1 + h %% 6] || chr(19968 + h %% 3000) END,
       '', '', '+49 30 ' || (10000000 + c.id), 'p' || h || '@firm' || c.id || '.example', false
FROM customers_customer c CROSS JOIN LATERAL (SELECT abs(hashint8(c.id)) AS h) hashed
"""


def fill() -> None:
    """Teams of reps, a manager, a director, an admin; every twentieth customer is in the pool."""
    reps = _people()
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, {"reps": reps, "n": len(reps), "rows": ROWS})
        cursor.execute(CONTACTS, [])
    keys_refresh()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE customers_customer, customers_contact, customers_searchkey")


def _people() -> list[int]:
    since = Organisation.current().today().replace(month=1, day=1, year=2015)
    company = team_create(name="Company", slug="company", by=None)
    reps = []
    for number in range(TEAMS):
        lead = _member(AccessRole.MANAGER, f"lead{number}")
        team: Team = team_create(
            name=f"Team {number}", slug=f"team-{number}", parent=company, lead=lead, by=None
        )
        for of_team in range(REPS_PER_TEAM):
            rep = _member(AccessRole.REP, f"rep{number}-{of_team}")
            membership_start(member=rep, team=team, starts_on=since, by=None)
            reps.append(rep.pk)
    _member(AccessRole.DIRECTOR, "director")
    return reps


def _member(role: AccessRole, name: str) -> Member:
    return member_create(email=f"{name}@example.com", name=name, access_role=role, by=None)
