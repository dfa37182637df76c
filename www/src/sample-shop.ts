//! The sample data: a shop of a few thousand rows, made here, the same every time.

import type { Amphi, Param } from 'amphi';
import { insertRows } from './insert-rows.js';

const CUSTOMERS = 400;
const PRODUCTS = 120;
const ORDERS = 2500;
const VIEWS = 1500;

/** The tables, each where such data would live: what must last is stored, what is read all the time is dual, the rest is in memory. */
const TABLES: Record<string, string> = {
  customers: `id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60) NOT NULL, email VARCHAR(80) NOT NULL UNIQUE, country VARCHAR(30) NOT NULL,
    since DATE NOT NULL, profile JSON, KEY (country)) ENGINE = persistent`,
  products: `id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60) NOT NULL, category VARCHAR(20) NOT NULL, price DECIMAL(10,2) NOT NULL,
    stock INT NOT NULL) ENGINE = dual`,
  orders: `id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, ordered DATETIME NOT NULL, status VARCHAR(10) NOT NULL,
    KEY (customer_id), FOREIGN KEY (customer_id) REFERENCES customers (id)) ENGINE = persistent`,
  order_items: `order_id INT NOT NULL, product_id INT NOT NULL, quantity INT NOT NULL, price DECIMAL(10,2) NOT NULL,
    PRIMARY KEY (order_id, product_id), FOREIGN KEY (order_id) REFERENCES orders (id)) ENGINE = persistent`,
  page_views: `id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT, product_id INT NOT NULL, seen DATETIME NOT NULL, KEY (product_id)) ENGINE = memory`,
};

/** The names of the tables, those that others refer to first. */
export const SHOP_TABLES: readonly string[] = Object.keys(TABLES);

const FIRST = [
  'Ada',
  'Alan',
  'Barbara',
  'Claude',
  'Donald',
  'Edsger',
  'Frances',
  'Grace',
  'Hedy',
  'Jim',
  'Katherine',
  'Leslie',
  'Margaret',
  'Niklaus',
  'Radia',
  'Tim',
];
const LAST = [
  'Allen',
  'Berners',
  'Codd',
  'Dijkstra',
  'Gray',
  'Hamilton',
  'Hopper',
  'Johnson',
  'Knuth',
  'Lamarr',
  'Lamport',
  'Liskov',
  'Lovelace',
  'Perlman',
  'Shannon',
  'Wirth',
];
const CITIES: Record<string, readonly string[]> = {
  Brazil: ['Recife', 'Curitiba'],
  France: ['Lyon', 'Nantes'],
  Germany: ['Leipzig', 'Bremen'],
  India: ['Pune', 'Kochi'],
  Japan: ['Osaka', 'Sapporo'],
  Kenya: ['Nairobi', 'Kisumu'],
  Norway: ['Bergen', 'Tromsø'],
};
const KINDS: Record<string, readonly string[]> = {
  Kitchen: ['Kettle', 'Pan', 'Knife', 'Bowl', 'Grater', 'Scale'],
  Garden: ['Spade', 'Rake', 'Trowel', 'Hose', 'Basket', 'Shears'],
  Office: ['Lamp', 'Chair', 'Desk', 'Stapler', 'Shelf', 'Clock'],
  Outdoor: ['Tent', 'Stove', 'Lantern', 'Rucksack', 'Flask', 'Hammock'],
};
const LOOKS = ['Oak', 'Steel', 'Red', 'Blue', 'Small', 'Folding', 'Classic', 'Light'];
const TAGS = ['early', 'loyal', 'gift', 'bulk', 'trade', 'local'];
const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2024, 0, 1);

/** Numbers from 0 to below 1 that look random: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let n = Math.imul(state ^ (state >>> 15), 1 | state);
    n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n;
    return ((n ^ (n >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function date(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** The rows of every table. */
function rows(): Record<string, Param[][]> {
  const next = numbers(7);
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!;
  // Squared: the first ones more often than the last ones.
  const favourite = (n: number): number => Math.floor(next() ** 2 * n) + 1;
  const customers: Param[][] = [];
  for (let id = 1; id <= CUSTOMERS; id++) {
    const [first, last, country] = [pick(FIRST), pick(LAST), pick(Object.keys(CITIES))];
    const profile = { city: pick(CITIES[country]!), newsletter: next() < 0.4, tags: TAGS.filter(() => next() < 0.25) };
    customers.push([
      id,
      `${first} ${last}`,
      `${first}.${last}.${id}@example.com`.toLowerCase(),
      country,
      date(FIRST_DAY - below(900) * DAY),
      profile,
    ]);
  }
  const products: Param[][] = [];
  for (let id = 1; id <= PRODUCTS; id++) {
    const category = pick(Object.keys(KINDS));
    products.push([
      id,
      `${pick(LOOKS)} ${pick(KINDS[category]!)}`,
      category,
      (below(12_000) / 100 + 4).toFixed(2),
      below(400),
    ]);
  }
  const orders: Param[][] = [];
  const items: Param[][] = [];
  for (let id = 1; id <= ORDERS; id++) {
    // More and more of them.
    const day = Math.floor(Math.sqrt(next()) * 540);
    orders.push([
      id,
      favourite(CUSTOMERS),
      dateTime(FIRST_DAY + day * DAY + below(DAY)),
      day < 530 ? 'sent' : pick(['new', 'paid']),
    ]);
    const chosen = new Set(Array.from({ length: 1 + below(4) }, () => favourite(PRODUCTS)));
    for (const product of chosen) items.push([id, product, 1 + below(3), products[product - 1]![3]!]);
  }
  const views: Param[][] = [];
  for (let id = 1; id <= VIEWS; id++) {
    views.push([
      id,
      next() < 0.3 ? null : favourite(CUSTOMERS),
      favourite(PRODUCTS),
      dateTime(FIRST_DAY + 540 * DAY + id * 40_000),
    ]);
  }
  return { customers, products, orders, order_items: items, page_views: views };
}

const COLUMNS: Record<string, readonly string[]> = {
  customers: ['id', 'name', 'email', 'country', 'since', 'profile'],
  products: ['id', 'name', 'category', 'price', 'stock'],
  orders: ['id', 'customer_id', 'ordered', 'status'],
  order_items: ['order_id', 'product_id', 'quantity', 'price'],
  page_views: ['id', 'customer_id', 'product_id', 'seen'],
};

/** Makes the shop anew, in one transaction for the rows. Answers how many there are. */
export async function makeShop(amphi: Amphi): Promise<number> {
  for (const table of [...SHOP_TABLES].reverse()) await amphi.exec(`DROP TABLE IF EXISTS ${table}`);
  for (const table of SHOP_TABLES) await amphi.exec(`CREATE TABLE ${table} (${TABLES[table]!}`);
  const made = rows();
  await amphi.transaction(async (tx) => {
    for (const table of SHOP_TABLES) await insertRows(tx, table, COLUMNS[table]!, made[table]!);
  });
  return Object.values(made).reduce((sum, of) => sum + of.length, 0);
}
