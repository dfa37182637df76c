//! Queries to start with, on the tables of the sample shop.

/** A text for the editor. */
export interface Example {
  readonly title: string;
  readonly sql: string;
}

/** The first one is in the editor at the first visit. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'Revenue by month',
    sql: `-- Ctrl-Enter runs it. Then look at it as a chart.
SELECT DATE_FORMAT(o.ordered, '%Y-%m') AS month,
       COUNT(DISTINCT o.id) AS orders,
       SUM(i.quantity * i.price) AS revenue
FROM orders o
JOIN order_items i ON i.order_id = o.id
GROUP BY month
ORDER BY month;`,
  },
  {
    title: 'Best customers, with a window',
    sql: `SELECT c.country, c.name, SUM(i.quantity * i.price) AS spent,
       RANK() OVER (PARTITION BY c.country ORDER BY SUM(i.quantity * i.price) DESC) AS place
FROM customers c
JOIN orders o ON o.customer_id = c.id
JOIN order_items i ON i.order_id = o.id
GROUP BY c.id, c.country, c.name
ORDER BY place, spent DESC
LIMIT 50;`,
  },
  {
    title: 'Sales by category',
    sql: `-- Order items are persistent, products dual: one query joins them.
SELECT p.category, COUNT(*) AS items, SUM(i.quantity * i.price) AS revenue
FROM order_items i
JOIN products p ON p.id = i.product_id
GROUP BY p.category
ORDER BY revenue DESC;`,
  },
  {
    title: 'One transaction over all placements',
    sql: `-- Whole or not at all, in memory and in IndexedDB.
BEGIN;
UPDATE products SET stock = stock - 1 WHERE id = 7;
INSERT INTO orders (customer_id, ordered, status) VALUES (3, NOW(), 'new');
INSERT INTO page_views (customer_id, product_id, seen) VALUES (3, 7, NOW());
COMMIT;
SELECT p.id, p.name, p.stock, COUNT(v.id) AS views
FROM products p LEFT JOIN page_views v ON v.product_id = p.id
WHERE p.id = 7 GROUP BY p.id, p.name, p.stock;`,
  },
  {
    title: 'A hundred thousand rows',
    sql: `SELECT value AS n, value * value AS square, MD5(value) AS hash, SIN(value / 1000.0) AS wave
FROM generate_series(1, 100000);`,
  },
  {
    title: 'Recursion: the days of a month',
    sql: `WITH RECURSIVE days (day) AS (
  SELECT DATE '2024-02-01'
  UNION ALL
  SELECT day + INTERVAL 1 DAY FROM days WHERE day < '2024-02-29'
)
SELECT day, DAYNAME(day) AS name FROM days;`,
  },
  {
    title: 'Three tables, three placements',
    sql: `CREATE TABLE note_in_memory (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT);
CREATE TABLE note_persistent (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT) ENGINE = persistent;
CREATE TABLE note_dual (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT) ENGINE = dual;
INSERT INTO note_in_memory (text) VALUES ('gone after a reload');
INSERT INTO note_persistent (text) VALUES ('read from IndexedDB');
INSERT INTO note_dual (text) VALUES ('read from memory, written to both');
SHOW PERSISTENCE;`,
  },
  {
    title: 'Documents',
    sql: `SELECT c.name, c.profile ->> '$.city' AS city, t.tag
FROM customers c, JSON_TABLE(c.profile, '$.tags[*]' COLUMNS (tag VARCHAR(20) PATH '$')) AS t
WHERE c.profile -> '$.newsletter' = true
ORDER BY c.id
LIMIT 100;`,
  },
];
