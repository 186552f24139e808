import type { Job, JobFile } from '../src/api/types';

/** A completed job with the given parts. */
export function make_job(parts: Partial<Job>): Job {
  const id = parts.id ?? 'a'.repeat(26);
  const self = `/api/jobs/${id}`;
  return {
    id,
    name: 'talk.mp4',
    status: 'completed',
    priority: 'normal',
    language: 'en',
    engine: '',
    model: '',
    task: 'transcribe',
    prompt: '',
    vad: true,
    targets: [],
    translator: '',
    glossary: '',
    formats: ['srt'],
    profile: '',
    audio_track: null,
    origin: '',
    size_bytes: 1000,
    duration_s: 42,
    content_type: 'video/mp4',
    media: '',
    created_at: '2026-01-01T10:00:00.000Z',
    started_at: null,
    finished_at: null,
    progress: { stage: 'waiting', fraction: 0, media_done_s: 0, media_total_s: null, speed: null, eta_s: null },
    waiting_for: null,
    attempt: 1,
    cancel_requested: false,
    error: null,
    notes: [],
    cached: [],
    files: [],
    links: {
      self,
      events: `${self}/events`,
      source: `${self}/source`,
      transcript: `${self}/transcript`,
      cancel: `${self}/cancel`,
      retry: `${self}/retry`,
    },
    ...parts,
  };
}

export function make_file(name: string, language: string): JobFile {
  return { name, language, content_type: 'text/plain', size_bytes: 1, url: `/api/jobs/x/files/${name}` };
}
