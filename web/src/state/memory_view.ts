import type { MemoryProfile } from '../api/types';

export interface HolderView {
  /** '' for what nobody accounts for. */
  name: string;
  bytes: number;
  /** Of the memory of the process, 0 to 1. */
  share: number;
}

/** What holds the memory of the process: the largest first, and last what nobody accounts for. */
export function holders_of(memory: Pick<MemoryProfile, 'holders' | 'other_bytes' | 'process_bytes'>): HolderView[] {
  const share = (bytes: number): number => (memory.process_bytes > 0 ? Math.min(1, bytes / memory.process_bytes) : 0);
  const named = memory.holders
    .map(({ name, bytes }) => ({ name, bytes, share: share(bytes) }))
    .sort((a, b) => b.bytes - a.bytes);
  return [...named, { name: '', bytes: memory.other_bytes, share: share(memory.other_bytes) }];
}
