import type { Job, JobFile } from '../api/types';

function extension(file: JobFile): string {
  return file.name.slice(file.name.lastIndexOf('.') + 1).toLowerCase();
}

/**
 * The file that most people came for: subtitles in the first language translated into, else in the spoken
 * one; of the formats asked for the first, SRT before all others.
 */
export function obvious_file(job: Job): JobFile | null {
  const formats = ['srt', ...job.formats, 'vtt', 'txt'];
  const rank = (file: JobFile): number => {
    const language = job.targets.indexOf(file.language);
    const format = formats.indexOf(extension(file));
    return (language < 0 ? 100 : language) * 100 + (format < 0 ? 99 : format);
  };
  return [...job.files].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** The WebVTT file of each language that has one: the spoken language first, then the targets in their order. */
export function subtitle_tracks(job: Job): JobFile[] {
  const rank = (file: JobFile): number => job.targets.indexOf(file.language);
  return job.files.filter((file) => extension(file) === 'vtt').sort((a, b) => rank(a) - rank(b));
}

/** Upper-case name of the format, as on buttons: `SRT`. */
export function format_of(file: JobFile): string {
  return extension(file).toUpperCase();
}
