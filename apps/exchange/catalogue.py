"""Product lines, products and customers of an import, from their temporary tables."""

from django.db.backends.utils import CursorWrapper

from apps.exchange.counts import Counts

REJECT_PRODUCTS = """
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'products', line, 'name', name, 'duplicate', first::text
FROM (SELECT line, name, min(line) OVER (PARTITION BY lower(name)) AS first
      FROM import_product) AS rows
WHERE line <> first;
DELETE FROM import_product WHERE line IN (SELECT line FROM import_reject WHERE kind = 'products');
"""
LINES = """
INSERT INTO products_productline (name, is_sample)
SELECT DISTINCT ON (lower(line_name)) line_name, false FROM import_product
WHERE NOT EXISTS (SELECT FROM products_productline WHERE lower(name) = lower(line_name))
ORDER BY lower(line_name), line
"""
PRODUCTS = """
WITH file AS (
  SELECT row.name, row.price, line.id AS line_id
  FROM import_product AS row
  JOIN products_productline AS line ON lower(line.name) = lower(row.line_name)
), updated AS (
  UPDATE products_product AS product
  SET line_id = file.line_id, list_price = coalesce(file.price, product.list_price)
  FROM file
  WHERE lower(product.name) = lower(file.name)
    AND (product.line_id, product.list_price)
        IS DISTINCT FROM (file.line_id, coalesce(file.price, product.list_price))
  RETURNING 1
), created AS (
  INSERT INTO products_product (name, line_id, list_price, is_sample)
  SELECT name, line_id, price, false FROM file
  WHERE NOT EXISTS (SELECT FROM products_product WHERE lower(products_product.name) = lower(file.name))
  RETURNING 1
)
SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM created), (SELECT count(*) FROM updated)
"""

REJECT_CUSTOMERS = """
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'customers', line, 'name', name, 'duplicate', first::text
FROM (SELECT line, name, min(line) OVER (PARTITION BY name) AS first FROM import_customer) AS rows
WHERE line <> first;
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'customers', line, 'parent', parent,
       CASE WHEN parent = name THEN 'own_parent' ELSE 'unknown_customer' END, NULL
FROM import_customer AS row
WHERE parent = name OR (
  parent IS NOT NULL
  AND NOT EXISTS (SELECT FROM import_customer AS other WHERE other.name = row.parent)
  AND NOT EXISTS (SELECT FROM customers_customer WHERE external_id = %(prefix)s || row.parent));
DELETE FROM import_customer
WHERE line IN (SELECT line FROM import_reject WHERE kind = 'customers');
"""
# What the file leaves empty stays as somebody may have entered it.
CUSTOMERS = """
WITH file AS (
  SELECT %(prefix)s || name AS external_id, name, coalesce(industry, '') AS industry,
         coalesce(region, '') AS region, employees, founded_year, annual_revenue
  FROM import_customer
), wanted AS (
  SELECT customer.id,
         file.name,
         coalesce(nullif(file.industry, ''), customer.industry) AS industry,
         coalesce(nullif(file.region, ''), customer.region) AS region,
         coalesce(file.employees, customer.employees) AS employees,
         coalesce(file.founded_year, customer.founded_year) AS founded_year,
         coalesce(file.annual_revenue, customer.annual_revenue) AS annual_revenue
  FROM file JOIN customers_customer AS customer USING (external_id)
), updated AS (
  UPDATE customers_customer AS customer
  SET name = wanted.name, industry = wanted.industry, region = wanted.region,
      employees = wanted.employees, founded_year = wanted.founded_year,
      annual_revenue = wanted.annual_revenue
  FROM wanted
  WHERE customer.id = wanted.id
    AND (customer.name, customer.industry, customer.region, customer.employees,
         customer.founded_year, customer.annual_revenue)
        IS DISTINCT FROM (wanted.name, wanted.industry, wanted.region, wanted.employees,
                          wanted.founded_year, wanted.annual_revenue)
  RETURNING customer.id
), created AS (
  INSERT INTO customers_customer (external_id, name, industry, region, source, employees,
                                  founded_year, annual_revenue, is_sample, created_at)
  SELECT external_id, name, industry, region, '', employees, founded_year, annual_revenue,
         false, now()
  FROM file WHERE NOT EXISTS (SELECT FROM customers_customer AS known
                              WHERE known.external_id = file.external_id)
  RETURNING id
)
SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM created),
       (SELECT coalesce(array_agg(id), '{}') FROM created),
       (SELECT coalesce(array_agg(id), '{}') FROM updated)
"""
PARENTS = """
UPDATE customers_customer AS customer SET parent_id = parent.id
FROM import_customer AS row
JOIN customers_customer AS parent ON parent.external_id = %(prefix)s || row.parent
WHERE customer.external_id = %(prefix)s || row.name AND customer.parent_id IS DISTINCT FROM parent.id
RETURNING customer.id
"""


def write_products(cursor: CursorWrapper, counts: Counts) -> None:
    """Product lines and products, matched by name whatever its case."""
    cursor.execute(REJECT_PRODUCTS)
    cursor.execute(LINES)
    cursor.execute(PRODUCTS)
    read, created, updated = cursor.fetchone()
    counts.add(read=read, created=created, updated=updated, unchanged=read - created - updated)


def write_customers(cursor: CursorWrapper, prefix: str, counts: Counts) -> None:
    """Customers, matched by external id; new ones belong to nobody: they are in the pool."""
    cursor.execute(REJECT_CUSTOMERS, {"prefix": prefix})
    cursor.execute(CUSTOMERS, {"prefix": prefix})
    read, created, new, changed = cursor.fetchone()
    cursor.execute(PARENTS, {"prefix": prefix})
    updated = {*changed, *(pk for (pk,) in cursor.fetchall())} - set(new)
    counts.add(
        read=read, created=created, updated=len(updated), unchanged=read - created - len(updated)
    )
