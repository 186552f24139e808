import type { ServerEvent } from '../api/event_stream';
import { RequestError, server } from '../api/server';
import type { Job, JobFile, Transcript } from '../api/types';
import { replace_span } from '../text/cue_order';
import { parse_webvtt, type Cue } from '../text/webvtt';
import { connection } from './connection.svelte';
import { jobs } from './jobs.svelte';
import { tell_news } from './news';
import { subtitle_tracks } from './job_files';

/** One job with its text: recognised segments while it runs, the cues of its subtitle files as they appear. */
export class JobPageStore {
  job = $state.raw<Job | null>(null);
  missing = $state(false);
  unreachable = $state(false);
  /** What was recognised so far, in the spoken language. */
  segments = $state.raw<Cue[]>([]);
  spoken_language = $state('');
  complete = $state(false);
  text_failed = $state(false);
  /** Cues as laid out in the subtitle file of a language. */
  cues = $state.raw<Record<string, Cue[]>>({});
  private file_versions = new Map<string, string>();

  constructor(readonly id: string) {}

  /** Subtitle files of the job, the one in the spoken language first. */
  get tracks(): JobFile[] {
    return this.job ? subtitle_tracks(this.job) : [];
  }

  /** Language of the track with the words as spoken; '' while nothing is known. */
  get spoken_track(): string {
    const targets = this.job?.targets ?? [];
    const file = this.tracks.find((track) => !targets.includes(track.language));
    return file?.language ?? (this.spoken_language || this.job?.language || '');
  }

  follow(): () => void {
    void this.load();
    return connection.listen(`/api/jobs/${this.id}/events`, (events) => this.take(events), (again) => {
      if (again) void this.load();
    });
  }

  async load(): Promise<void> {
    try {
      const job = await server.job(this.id);
      if (this.job === null) this.show(job);  // events that were quicker know it better
      this.unreachable = false;
    } catch (error) {
      this.missing = (error as RequestError).status === 404;
      this.unreachable = !this.missing;
      return;
    }
    await this.load_text();
  }

  /** Takes what an event or the first answer says of the job. */
  show(job: Job): void {
    const again = this.job !== null && restarted(this.job, job);
    const finished = this.job !== null && this.job.status !== job.status && job.status === 'completed';
    tell_news(this.job ?? undefined, job);
    this.job = job;
    if (again) this.forget_text();
    void this.load_files(job);
    if (finished) void this.load_text();
  }

  private forget_text(): void {
    this.cues = {};
    this.segments = [];
    this.file_versions.clear();
    this.complete = false;
    void this.load_text();
  }

  private take(events: readonly ServerEvent[]): void {
    jobs.tell(events);
    for (const event of events) {
      if (event.kind === 'job' && event.job.id === this.id) this.show(event.job);
      if (event.kind === 'deleted' && event.id === this.id) this.missing = true;
      if (event.kind !== 'segments' || event.segments.job_id !== this.id) continue;
      const { begin_ms, end_ms, segments } = event.segments;
      this.segments = replace_span(this.segments, begin_ms / 1000, end_ms / 1000, segments);
    }
  }

  private async load_text(): Promise<void> {
    if (!this.job) return;
    try {
      const transcript = await server.transcript(this.job);
      this.segments = merge_segments(this.segments, transcript);
      this.spoken_language = transcript.language;
      this.complete = transcript.complete;
      this.text_failed = false;
    } catch (error) {
      // A job that has not begun has no text yet; that is not a failure.
      this.text_failed = (error as RequestError).status !== 404;
    }
  }

  private async load_files(job: Job): Promise<void> {
    for (const file of subtitle_tracks(job)) {
      const version = `${file.url} ${file.size_bytes} ${job.finished_at}`;
      if (this.file_versions.get(file.language) === version) continue;
      this.file_versions.set(file.language, version);
      try {
        const cues = parse_webvtt(await server.text(file.url));
        this.cues = { ...this.cues, [file.language]: cues };
      } catch {
        this.file_versions.delete(file.language);
        this.text_failed = true;
      }
    }
  }
}

/** The transcript, and behind it what events told while it was on its way. */
function merge_segments(known: readonly Cue[], transcript: Transcript): Cue[] {
  const end = transcript.complete ? Infinity : (transcript.segments.at(-1)?.end ?? 0);
  return replace_span(known, 0, end, transcript.segments);
}

function restarted(before: Job, now: Job): boolean {
  return (before.status === 'failed' || before.status === 'cancelled') && now.status === 'queued';
}
