import type { JobChoices } from '../api/upload';
import type { Capabilities, Format, Priority } from '../api/types';
import { languages_of, targets_from } from './reachable';

const kStorageKey = 'voxlate.choices';
const kFormats: readonly Format[] = ['srt', 'vtt', 'txt', 'tsv', 'json'];
const kPriorities: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];

export const kDefaultChoices: JobChoices = {
  language: '',
  engine: '',
  model: '',
  targets: [],
  formats: ['srt', 'vtt'],
  profile: '',
  priority: 'normal',
  audio_track: null,
};

function text_list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Choices from what was stored by any version of this page: what is not understood is its default. */
export function read_choices(stored: string | null): JobChoices {
  let raw: Record<string, unknown> = {};
  try {
    raw = (JSON.parse(stored ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    return { ...kDefaultChoices };
  }
  const text = (name: string): string => (typeof raw[name] === 'string' ? raw[name] : '');
  const formats = text_list(raw.formats).filter((name): name is Format => kFormats.includes(name as Format));
  return {
    ...kDefaultChoices,
    language: text('language'),
    engine: text('engine'),
    model: text('model'),
    targets: text_list(raw.targets),
    formats: formats.length > 0 ? formats : [...kDefaultChoices.formats],
    profile: text('profile'),
    priority: kPriorities.find((priority) => priority === raw.priority) ?? 'normal',
  };
}

/** The choices without those that this server cannot do: remembered ones may be from another day. */
export function possible_choices(choices: JobChoices, all: Capabilities): JobChoices {
  const engine = all.engines.find((candidate) => candidate.id === choices.engine);
  const model = engine?.models.find((candidate) => candidate.id === choices.model);
  const recogniser = { engine: engine?.id ?? '', model: model?.id ?? '' };
  const language = languages_of(all, recogniser).includes(choices.language) ? choices.language : '';
  const targets = targets_from(all, language, recogniser);
  return {
    ...choices,
    ...recogniser,
    language,
    targets: choices.targets.filter((target) => targets.includes(target)),
    formats: choices.formats.filter((format) => all.formats.includes(format)),
    profile: all.profiles.includes(choices.profile) ? choices.profile : '',
  };
}

/** The one row of choices for new files; remembered on this computer, but for the audio track. */
class ChoicesStore {
  now = $state<JobChoices>(read_choices(globalThis.localStorage?.getItem(kStorageKey) ?? null));

  change(part: Partial<JobChoices>): void {
    Object.assign(this.now, part);
    const { audio_track: _, ...remembered } = $state.snapshot(this.now);
    localStorage.setItem(kStorageKey, JSON.stringify(remembered));
  }

  /** What to send with a file now. */
  for_upload(all: Capabilities | null): JobChoices {
    const chosen = $state.snapshot(this.now);
    return all ? possible_choices(chosen, all) : chosen;
  }
}

export const choices = new ChoicesStore();
