/** One timed line of text; seconds, `[start, end)`. */
export interface Cue {
  start: number;
  end: number;
  text: string;
}

const kTiming = /^((?:\d+:)?\d{1,2}:\d{2}\.\d{3})\s+-->\s+((?:\d+:)?\d{1,2}:\d{2}\.\d{3})(?:\s|$)/;
const kEntities: Record<string, string> = { amp: '&', lt: '<', gt: '>', nbsp: '\u00a0', lrm: '\u200e', rlm: '\u200f' };

function seconds_of(stamp: string): number {
  return stamp.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function plain_text(payload: string): string {
  const untagged = payload.replace(/<[^>]*>/g, '');
  return untagged.replace(/&(\w+);/g, (whole, name: string) => kEntities[name] ?? whole);
}

/** The cues of a WebVTT text in file order. Blocks without a timing line (header, NOTE, STYLE) are passed over. */
export function parse_webvtt(source: string): Cue[] {
  const cues: Cue[] = [];
  for (const block of source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    const lines = block.split('\n');
    const at = lines.findIndex((line) => kTiming.test(line));
    const timing = at < 0 ? null : kTiming.exec(lines[at]!);
    if (timing === null) continue;
    const text = plain_text(lines.slice(at + 1).join('\n')).trim();
    cues.push({ start: seconds_of(timing[1]!), end: seconds_of(timing[2]!), text });
  }
  return cues;
}
