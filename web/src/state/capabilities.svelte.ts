import { server } from '../api/server';
import type { Capabilities } from '../api/types';

/** What this server can do now. Read once per visit, and again when the connection comes back. */
class CapabilitiesStore {
  now = $state.raw<Capabilities | null>(null);
  unreachable = $state(false);

  /** Whether the first question was answered, one way or the other. */
  get settled(): boolean {
    return this.now !== null || this.unreachable;
  }

  async load(): Promise<void> {
    try {
      this.now = await server.capabilities();
      this.unreachable = false;
    } catch {
      this.unreachable = this.now === null;
    }
  }
}

export const capabilities = new CapabilitiesStore();
