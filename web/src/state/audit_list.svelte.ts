import { account_server } from '../api/account_server';
import type { AuditRecord } from '../api/types';
import { refusal_of, type Refusal } from './refusal';

/** What concerned security, the newest first, page by page. */
export class AuditList {
  records = $state.raw<AuditRecord[]>([]);
  loaded = $state(false);
  refusal = $state.raw<Refusal | null>(null);
  private before: number | null = null;
  has_more = $state(false);

  async load(): Promise<void> {
    this.before = null;
    this.records = [];
    await this.load_more();
    this.loaded = true;
  }

  async load_more(): Promise<void> {
    this.refusal = null;
    try {
      const page = await account_server.audit(this.before);
      this.records = [...this.records, ...page.records];
      this.before = page.next;
      // The server names a next page also where this one was the last; the first record has the number 1.
      this.has_more = page.next !== null && page.next > 1;
    } catch (error) {
      this.refusal = refusal_of(error);
    }
  }
}
