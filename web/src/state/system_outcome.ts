import type { Optimized } from '../api/types';

/** What a wish came to; what it did not touch is left out. */
export interface Outcome {
  /** Where it was made: `memory`, `advice free-memory`, `cache translations`. */
  place: string;
  freed_bytes?: number;
  /** Memory in percent, before and after a clean-up. */
  from_percent?: number;
  to_percent?: number;
  /** The model that was let go. */
  unloaded?: string;
  /** The server's own sentences on what it did besides, and on what it did not. */
  done?: string[];
  refused?: string[];
}

/** `cleans`: memory was to be cleaned; the figures then say what the server's first sentence does. */
export function outcome_of(answer: Optimized, cleans: boolean): Omit<Outcome, 'place'> {
  const refused = answer.refused.map(({ why }) => why);
  if (!cleans || answer.done.length === 0) return { done: answer.done, refused };
  return {
    freed_bytes: answer.freed_bytes,
    from_percent: answer.memory_percent_before,
    to_percent: answer.memory_percent_after,
    done: answer.done.slice(1),
    refused,
  };
}
