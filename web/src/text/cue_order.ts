import type { Cue } from './webvtt';

/** Index of the cue on screen at `time`, or of the last one before it; -1 before the first. Cues are in order. */
export function cue_at(cues: readonly Cue[], time: number): number {
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle]!.start <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** `known` with `fresh` in its place: what overlaps `[begin, end)` is replaced, the order by start is kept. */
export function replace_span(known: readonly Cue[], begin: number, end: number, fresh: readonly Cue[]): Cue[] {
  const kept = known.filter((cue) => cue.start < begin || cue.start >= end);
  return [...kept, ...fresh].sort((a, b) => a.start - b.start);
}

/** One line of the side by side view: a spoken cue and, per language, the text said in that time. */
export interface AlignedRow {
  start: number;
  end: number;
  text: string;
  translations: string[];
}

function overlap(a: Cue, b: Cue): number {
  return Math.min(a.end, b.end) - Math.max(a.start, b.start);
}

function add_row(rows: AlignedRow[], cue: Cue, columns: number): AlignedRow {
  const row = { start: cue.start, end: cue.end, text: '', translations: new Array<string>(columns).fill('') };
  rows.push(row);
  return row;
}

/** Puts each translated cue beside the spoken cue that it shares most time with; none is lost. */
export function align_cues(spoken: readonly Cue[], translated: readonly (readonly Cue[])[]): AlignedRow[] {
  const rows: AlignedRow[] = spoken.map((cue) => ({ ...cue, translations: translated.map(() => '') }));
  translated.forEach((cues, column) => {
    for (const cue of cues) {
      const near = cue_at(spoken, (cue.start + cue.end) / 2);
      const candidates = [near - 1, near, near + 1].filter((index) => index >= 0 && index < rows.length);
      candidates.sort((a, b) => overlap(spoken[b]!, cue) - overlap(spoken[a]!, cue));
      const row = rows[candidates[0] ?? -1] ?? add_row(rows, cue, translated.length);
      row.translations[column] = [row.translations[column], cue.text].filter(Boolean).join('\n');
    }
  });
  return rows;
}
