//! Queries over several tables in the manner of TPC-H, window functions and recursion, on tables in memory.

use crate::{
    amphi_engine,
    engine::{Fixture, Kind},
    runner::{Runner, Task},
    sales,
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::{self, Faster},
};

use Kind::{Float, Int, Text};

/// One query; times are for the whole of it.
struct Query {
    name: &'static str,
    targets: &'static [Target],
    sql: &'static str,
    kinds: &'static [Kind],
}

const QUERIES: &[Query] = &[
    Query {
        name: "queries/Q1 pricing summary",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT l_flag, l_status, SUM(l_quantity), SUM(l_price), SUM(l_price * (1 - l_discount)), \
              SUM(l_price * (1 - l_discount) * (1 + l_tax)), AVG(l_quantity), AVG(l_price), COUNT(*) \
              FROM line WHERE l_ship <= '1998-09-02' GROUP BY l_flag, l_status ORDER BY l_flag, l_status",
        kinds: &[Text, Text, Float, Float, Float, Float, Float, Float, Int],
    },
    Query {
        name: "queries/Q3 unshipped orders, top 10",
        targets: &[Faster(SQLITE, 3.0)],
        sql: "SELECT l_order, SUM(l_price * (1 - l_discount)) AS revenue, o_date \
              FROM customer JOIN orders ON c_id = o_customer JOIN line ON l_order = o_id \
              WHERE c_segment = 'BUILDING' AND o_date < '1995-03-15' AND l_ship > '1995-03-15' \
              GROUP BY l_order, o_date ORDER BY revenue DESC, o_date LIMIT 10",
        kinds: &[Int, Float, Text],
    },
    Query {
        name: "queries/Q4 late orders by priority",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT o_priority, COUNT(*) FROM orders WHERE o_date >= '1993-07-01' AND o_date < '1994-07-01' \
              AND EXISTS (SELECT 1 FROM line WHERE l_order = o_id AND l_commit < l_receipt) \
              GROUP BY o_priority ORDER BY o_priority",
        kinds: &[Text, Int],
    },
    Query {
        name: "queries/Q5 revenue by nation, 5 tables",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT n_name, SUM(l_price * (1 - l_discount)) AS revenue \
              FROM customer, orders, line, supplier, nation \
              WHERE c_id = o_customer AND l_order = o_id AND l_supplier = s_id AND c_nation = s_nation \
              AND s_nation = n_id AND n_region = 2 AND o_date >= '1994-01-01' AND o_date < '1995-01-01' \
              GROUP BY n_name ORDER BY revenue DESC",
        kinds: &[Text, Float],
    },
    Query {
        name: "queries/Q6 filter and sum",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT SUM(l_price * l_discount) FROM line WHERE l_ship >= '1994-01-01' \
              AND l_ship < '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
        kinds: &[Float],
    },
    Query {
        name: "queries/Q12 priorities by ship mode",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT l_mode, SUM(CASE WHEN o_priority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END), \
              SUM(CASE WHEN o_priority NOT IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) \
              FROM orders JOIN line ON o_id = l_order WHERE l_mode IN ('MAIL', 'SHIP') \
              AND l_commit < l_receipt AND l_ship < l_commit AND l_receipt >= '1994-01-01' \
              AND l_receipt < '1995-01-01' GROUP BY l_mode ORDER BY l_mode",
        kinds: &[Text, Float, Float],
    },
    Query {
        name: "queries/Q14 share of promotions",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT 100.0 * SUM(CASE WHEN p_type LIKE 'PROMO%' THEN l_price * (1 - l_discount) ELSE 0 END) \
              / SUM(l_price * (1 - l_discount)) FROM line JOIN part ON l_part = p_id \
              WHERE l_ship >= '1995-09-01' AND l_ship < '1995-12-01'",
        kinds: &[Float],
    },
    Query {
        name: "queries/Q17 small orders, correlated",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT SUM(l_price) / 7.0 FROM line JOIN part p ON p_id = l_part WHERE p_type = 'PROMO' AND p_size < 10 \
              AND l_quantity < (SELECT 0.2 * AVG(o.l_quantity) FROM line o WHERE o.l_part = p.p_id)",
        kinds: &[Float],
    },
    Query {
        name: "queries/Q18 large orders",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT c_id, o_id, o_date, o_total, SUM(l_quantity) FROM customer \
              JOIN orders ON c_id = o_customer JOIN line ON o_id = l_order \
              WHERE o_id IN (SELECT l_order FROM line GROUP BY l_order HAVING SUM(l_quantity) > 170) \
              GROUP BY c_id, o_id, o_date, o_total ORDER BY o_total DESC, o_date LIMIT 100",
        kinds: &[Int, Int, Text, Float, Float],
    },
    Query {
        name: "queries/Q22 customers without orders",
        targets: &[Faster(SQLITE, 5.0)],
        sql: "SELECT c_nation, COUNT(*), SUM(c_balance) FROM customer WHERE c_balance > \
              (SELECT AVG(c_balance) FROM customer WHERE c_balance > 0) \
              AND NOT EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id) \
              GROUP BY c_nation ORDER BY c_nation",
        kinds: &[Int, Int, Float],
    },
    Query {
        name: "queries/window, running sum",
        targets: &[Faster(SQLITE, 3.0)],
        sql: "SELECT MAX(s) FROM (SELECT SUM(l_quantity) OVER (PARTITION BY l_supplier ORDER BY l_id) AS s \
              FROM line) w",
        kinds: &[Float],
    },
    Query {
        name: "queries/window, rank and lag",
        targets: &[Faster(SQLITE, 3.0)],
        sql: "SELECT SUM(r), SUM(d) FROM (SELECT RANK() OVER w AS r, l_price - LAG(l_price) OVER w AS d \
              FROM line WINDOW w AS (PARTITION BY l_part ORDER BY l_price)) w",
        kinds: &[Float, Float],
    },
    Query {
        name: "queries/window, moving average",
        targets: &[Faster(SQLITE, 3.0)],
        sql: "SELECT SUM(m) FROM (SELECT AVG(l_price) OVER (ORDER BY l_id ROWS BETWEEN 5 PRECEDING AND \
              5 FOLLOWING) AS m FROM line) w",
        kinds: &[Float],
    },
    Query {
        name: "queries/recursive, 100,000 rows",
        targets: &[Faster(SQLITE, 1.0)],
        sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
              SELECT COUNT(*), SUM(i) FROM n",
        kinds: &[Int, Float],
    },
    Query {
        name: "queries/recursive, a tree of parts",
        targets: &[Faster(SQLITE, 1.0)],
        sql: "WITH RECURSIVE tree(id, depth) AS (SELECT 0, 0 UNION ALL \
              SELECT p_id, depth + 1 FROM tree JOIN part ON p_whole = id) \
              SELECT COUNT(*), MAX(depth) FROM tree",
        kinds: &[Int, Int],
    },
];

/// Against SQLite's `:memory:`.
pub fn all(run: &mut Runner) {
    let rows = run.rows;
    let amphi = Fixture::new(amphi_engine::NAME, || {
        let engine = amphi_engine::memory();
        sales::load(&engine, rows);
        Box::new(engine)
    });
    let sqlite = Fixture::new(SQLITE, || {
        let engine = sqlite_engine::memory();
        sales::load(&engine, rows);
        Box::new(engine)
    });
    for query in QUERIES {
        let task = Task {
            name: query.name,
            operations: 1,
            targets: query.targets,
        };
        run.engines(&task, &[&amphi, &sqlite], |engine, b| {
            let mut prepared = engine.prepare(query.sql, query.kinds);
            b.iter(|| prepared.query(&[]));
        });
    }
}
