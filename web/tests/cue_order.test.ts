import { describe, expect, it } from 'vitest';
import { align_cues, cue_at, replace_span } from '../src/text/cue_order';

const cue = (start: number, end: number, text: string) => ({ start, end, text });
const spoken = [cue(1, 3, 'one'), cue(3, 5, 'two'), cue(8, 9, 'three')];

describe('cue_at', () => {
  it('finds the cue begun last', () => {
    expect([0, 1, 2.9, 3, 6, 100].map((time) => cue_at(spoken, time))).toEqual([-1, 0, 0, 1, 1, 2]);
  });

  it('finds nothing in nothing', () => {
    expect(cue_at([], 4)).toBe(-1);
  });
});

describe('replace_span', () => {
  it('puts a window in its place and keeps the order', () => {
    const later = replace_span([cue(8, 9, 'three')], 0, 5, [cue(1, 3, 'one'), cue(3, 5, 'two')]);
    expect(later).toEqual(spoken);
  });

  it('replaces what was known of the same time, so a repeated event changes nothing', () => {
    const once = replace_span(spoken, 3, 5, [cue(3.2, 5, 'TWO')]);
    expect(once.map(({ text }) => text)).toEqual(['one', 'TWO', 'three']);
    expect(replace_span(once, 3, 5, [cue(3.2, 5, 'TWO')])).toEqual(once);
  });
});

describe('align_cues', () => {
  it('puts each translation beside the cue it shares most time with', () => {
    const rows = align_cues(spoken, [[cue(1, 2.8, 'uno'), cue(2.8, 5, 'dos'), cue(8, 9, 'tres')]]);
    expect(rows.map((row) => [row.text, row.translations[0]])).toEqual([
      ['one', 'uno'],
      ['two', 'dos'],
      ['three', 'tres'],
    ]);
  });

  it('joins several that belong to one cue and loses none', () => {
    const rows = align_cues([cue(0, 9, 'all')], [[cue(0, 4, 'a'), cue(4, 9, 'b')], [cue(20, 21, 'late')]]);
    expect(rows[0]?.translations).toEqual(['a\nb', 'late']);
    expect(align_cues([], [[cue(1, 2, 'alone')]])).toEqual([
      { start: 1, end: 2, text: '', translations: ['alone'] },
    ]);
  });
});
