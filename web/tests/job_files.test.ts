import { describe, expect, it } from 'vitest';
import { format_of, obvious_file, subtitle_tracks } from '../src/state/job_files';
import { make_file, make_job } from './job_fixture';

const files = [
  make_file('talk.en.vtt', 'en'),
  make_file('talk.en.srt', 'en'),
  make_file('talk.fr.vtt', 'fr'),
  make_file('talk.es.vtt', 'es'),
  make_file('talk.es.srt', 'es'),
];

describe('obvious_file', () => {
  it('is the translation asked for first, as SRT', () => {
    expect(obvious_file(make_job({ files, targets: ['es', 'fr'] }))?.name).toBe('talk.es.srt');
  });

  it('is the spoken language when nothing was translated', () => {
    const job = make_job({ files: files.slice(0, 2), formats: ['vtt', 'srt'] });
    expect(obvious_file(job)?.name).toBe('talk.en.srt');
  });

  it('is a format that was asked for rather than one that was not', () => {
    const job = make_job({ files: [files[0]!, make_file('talk.en.txt', 'en')], formats: ['txt'] });
    expect(obvious_file(job)?.name).toBe('talk.en.txt');
  });

  it('is nothing when there are no files', () => {
    expect(obvious_file(make_job({}))).toBeNull();
  });
});

describe('subtitle_tracks', () => {
  it('has one WebVTT file per language, the spoken one first', () => {
    const tracks = subtitle_tracks(make_job({ files, targets: ['es', 'fr'] }));
    expect(tracks.map(({ language }) => language)).toEqual(['en', 'es', 'fr']);
    expect(format_of(tracks[0]!)).toBe('VTT');
  });
});
