import { expect, it } from 'vitest';
import { one_address } from '../src/text/web_address';

it('takes one address, whatever stands around it', () => {
  expect(one_address(' https://example.com/a b'.slice(0, -2) + '\n')).toBe('https://example.com/a');
  expect(one_address('HTTP://Example.com')).toBe('http://example.com/');
  expect(one_address('https://example.com/Звук.mp3')).toBe('https://example.com/%D0%97%D0%B2%D1%83%D0%BA.mp3');
});

it('takes nothing else', () => {
  const others = ['', 'example.com', 'ftp://example.com/a', 'javascript:alert(1)', 'https://', 'see https://example.com'];
  others.push('https://example.com/a https://example.com/b', `https://example.com/${'a'.repeat(2048)}`);
  expect(others.map(one_address)).toEqual(others.map(() => null));
});
