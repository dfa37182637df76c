//! Something to look at: what a busy shop does all the time, on the tables of the sample shop.

import { AmphiError } from 'amphi';
import type { Database } from './database.js';

/** Visits per second. */
const VISITS = 20;

/** Visitors of the sample shop: each looks at a product, and every fifth one buys it. */
export class Traffic {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private visits = 0;

  constructor(
    private readonly database: Database,
    /** Called when it had to end, with the reason. */
    private readonly ended: (reason: string) => void,
  ) {}

  get isRunning(): boolean {
    return this.timer !== undefined;
  }

  start(): void {
    this.timer ??= setTimeout(() => void this.visit());
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async visit(): Promise<void> {
    try {
      await this.look(1 + Math.floor(Math.random() * 120), 1 + Math.floor(Math.random() * 400));
    } catch (e) {
      if (!(e instanceof AmphiError)) throw e;
      this.stop();
      this.ended(e.code === '42P01' ? 'Load the sample shop first: the visits need its tables.' : e.message);
    }
    if (this.timer !== undefined) this.timer = setTimeout(() => void this.visit(), 1000 / VISITS);
  }

  private async look(product: number, customer: number): Promise<void> {
    const { amphi } = this.database;
    this.visits += 1;
    const [shown] = await amphi.sql<{ price: string }>`SELECT name, price, stock FROM products WHERE id = ${product}`;
    await amphi.sql`SELECT name, country FROM customers WHERE id = ${customer}`;
    await this.database.committing(
      () => amphi.sql`INSERT INTO page_views (customer_id, product_id, seen) VALUES (${customer}, ${product}, NOW())`,
    );
    if (this.visits % 5 !== 0 || !shown) return;
    await this.database.committing(() =>
      amphi.transaction(async (tx) => {
        const { lastInsertId } = await tx.exec(
          "INSERT INTO orders (customer_id, ordered, status) VALUES (?, NOW(), 'new')",
          [customer],
        );
        await tx.exec('INSERT INTO order_items VALUES (?, ?, 1, ?)', [lastInsertId!, product, shown.price]);
        await tx.exec('UPDATE products SET stock = stock - 1 WHERE id = ?', [product]);
      }),
    );
  }
}
