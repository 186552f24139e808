async function entries_of(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function files_of(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  }
  const entries = await entries_of(entry as FileSystemDirectoryEntry);
  const files = await Promise.all(entries.filter((inner) => !inner.name.startsWith('.')).map(files_of));
  return files.flat();
}

/** The files of a drop, those inside dropped folders included; hidden files of folders are left out. */
export async function dropped_files(data: DataTransfer): Promise<File[]> {
  const items = [...data.items].filter((item) => item.kind === 'file');
  // Both must be asked for before the first await: the drop is empty afterwards.
  const taken = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files = await Promise.all(
    taken.map(({ entry, file }) => (entry?.isDirectory ? files_of(entry) : file ? [file] : [])),
  );
  return files.flat();
}
