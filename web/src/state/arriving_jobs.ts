import type { JobChoices } from '../api/upload';

const kStorageKey = 'voxlate.arriving_jobs';
const kMostKept = 50;

/** A job on an upload that is not there as a whole yet. */
export interface ArrivingJob {
  upload_id: string;
  job_id: string;
  choices: JobChoices;
}

function is_arriving_job(value: unknown): value is ArrivingJob {
  const { upload_id, job_id, choices } = (value ?? {}) as Partial<ArrivingJob>;
  return typeof upload_id === 'string' && typeof job_id === 'string' && typeof choices === 'object';
}

function read_all(): ArrivingJob[] {
  try {
    const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(kStorageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter(is_arriving_job) : [];
  } catch {
    return [];
  }
}

function write_all(all: readonly ArrivingJob[]): void {
  globalThis.localStorage?.setItem(kStorageKey, JSON.stringify(all.slice(-kMostKept)));
}

export function same_choices(a: JobChoices, b: JobChoices): boolean {
  const names = Object.keys(a) as (keyof JobChoices)[];
  return names.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));
}

/**
 * The jobs that were made while their files were being sent: after a reload of the page the file goes on in the same
 * upload, and so it must in the same job. The oldest are forgotten; their files become second jobs then.
 */
export const arriving_jobs = {
  of(upload_id: string): ArrivingJob | null {
    return read_all().find((job) => job.upload_id === upload_id) ?? null;
  },
  keep(job: ArrivingJob): void {
    write_all([...read_all().filter((other) => other.upload_id !== job.upload_id), job]);
  },
  forget(upload_id: string): void {
    write_all(read_all().filter((job) => job.upload_id !== upload_id));
  },
};
