import { describe, expect, it } from 'vitest';
import { parse_webvtt } from '../src/text/webvtt';

describe('parse_webvtt', () => {
  it('reads times, identifiers, settings and several lines', () => {
    const source = 'WEBVTT\n\n1\n00:00:01.500 --> 00:00:03.000 line:90%\nfirst\nsecond\n\n01:02.250 --> 01:00:04.000\nlast\n';
    expect(parse_webvtt(source)).toEqual([
      { start: 1.5, end: 3, text: 'first\nsecond' },
      { start: 62.25, end: 3604, text: 'last' },
    ]);
  });

  it('passes over notes and styles and survives CRLF and a byte order mark', () => {
    const source = '\ufeffWEBVTT\r\n\r\nNOTE made by hand\r\n\r\nSTYLE\r\n::cue{}\r\n\r\n00:01.000 --> 00:02.000\r\nyes\r\n';
    expect(parse_webvtt(source)).toEqual([{ start: 1, end: 2, text: 'yes' }]);
  });

  it('gives plain text: tags go, entities become characters once', () => {
    const source = 'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>a &lt;b&gt; &amp;lt; <i>c</i>\n';
    expect(parse_webvtt(source)[0]?.text).toBe('a <b> &lt; c');
  });

  it('gives nothing for something else', () => {
    expect(parse_webvtt('<html></html>')).toEqual([]);
  });
});
