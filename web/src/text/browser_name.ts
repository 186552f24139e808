const kBrowsers: [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|HeadlessChrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];

const kSystems: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPod)\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

function first(known: [RegExp, string][], text: string): string {
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? '';
}

/** `Firefox · Linux` for what a browser calls itself; what is no known browser stays as it is, '' stays empty. */
export function browser_name(user_agent: string): string {
  const browser = first(kBrowsers, user_agent);
  return browser === '' ? user_agent.trim() : [browser, first(kSystems, user_agent)].filter(Boolean).join(' · ');
}
