import type { components } from './schema';

type Schemas = components['schemas'];

export type Job = Schemas['Job'];
export type JobState = Schemas['JobState'];
export type JobFile = Schemas['JobFile'];
export type JobPage = Schemas['JobPage'];
export type JobAccepted = Schemas['JobAccepted'];
export type Stage = Schemas['Stage'];
export type Priority = Schemas['Priority'];
export type Format = Schemas['Format'];
export type Segment = Schemas['Segment'];
export type SegmentsEvent = Schemas['SegmentsEvent'];
export type DeletedEvent = Schemas['DeletedEvent'];
export type Transcript = Schemas['Transcript'];
export type Capabilities = Schemas['Capabilities'];
export type Model = Schemas['Model'];
export type ModelList = Schemas['ModelList'];
export type Engine = Schemas['Engine'];
export type Problem = Schemas['Problem'];
