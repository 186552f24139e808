export type UploadState = 'waiting' | 'sending' | 'paused' | 'checking' | 'failed';

export const kMostUploadsAtOnce = 2;

/** Keys of the waiting uploads to start now, in the order they were added. */
export function uploads_to_start(uploads: readonly { key: string; state: UploadState }[]): string[] {
  const running = uploads.filter((upload) => upload.state === 'sending' || upload.state === 'checking').length;
  const free = Math.max(0, kMostUploadsAtOnce - running);
  return uploads
    .filter((upload) => upload.state === 'waiting')
    .slice(0, free)
    .map((upload) => upload.key);
}
