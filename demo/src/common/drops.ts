/** Takes files that are dropped anywhere on the page, until `signal` is aborted. `zone` shows that they may be. */
export function acceptDrops(zone: HTMLElement, signal: AbortSignal, take: (files: File[]) => void): void {
  const over = (on: boolean): void => void zone.classList.toggle("drop-over", on);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  const onDragOver = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(true);
  };
  const onDragLeave = (event: DragEvent): void => {
    if (event.relatedTarget === null) over(false);
  };
  const onDrop = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  };
  document.addEventListener("dragover", onDragOver, { signal });
  document.addEventListener("dragleave", onDragLeave, { signal });
  document.addEventListener("drop", onDrop, { signal });
}
