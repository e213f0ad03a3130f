/** Something that happens at an exact cycle. One object per cause, reused; `fire` gets the due cycle, not the cycle the CPU happens to stand at. */
export class TimedEvent {
  due = Infinity;
  next: TimedEvent | undefined;
  queued = false;

  constructor(readonly fire: (due: number) => void) {}
}

/** Events of one chip in order of their due cycle, then of their scheduling. There are about twenty, so a linked list is the quickest. */
export class EventList {
  /** Due cycle of the next event; `Infinity` if there is none. */
  next = Infinity;
  #head: TimedEvent | undefined;

  schedule(event: TimedEvent, due: number): void {
    if (event.queued) this.cancel(event);
    event.due = due;
    event.queued = true;
    let before: TimedEvent | undefined;
    let at = this.#head;
    while (at !== undefined && at.due <= due) {
      before = at;
      at = at.next;
    }
    event.next = at;
    if (before === undefined) {
      this.#head = event;
      this.next = due;
    } else before.next = event;
  }

  cancel(event: TimedEvent): void {
    if (!event.queued) return;
    event.queued = false;
    let before: TimedEvent | undefined;
    let at = this.#head;
    while (at !== event) {
      before = at;
      at = at!.next;
    }
    if (before === undefined) {
      this.#head = event.next;
      this.next = this.#head === undefined ? Infinity : this.#head.due;
    } else before.next = event.next;
    event.next = undefined;
  }

  /** Fires all that is due at or before `cycle`, in order; what they schedule within that time fires too. */
  fireDue(cycle: number): void {
    while (this.next <= cycle) {
      const event = this.#head!;
      this.#head = event.next;
      this.next = this.#head === undefined ? Infinity : this.#head.due;
      event.next = undefined;
      event.queued = false;
      event.fire(event.due);
    }
  }
}
