/** Inline icons. Without a label they are decoration and hidden from screen readers. */
import { html } from "./view.js";

const PATHS = {
  brand: "M3 13 8 3l5 10-5-3z",
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  cross: "M4 4 12 12M12 4 4 12",
  alert: "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.5v.2",
  clock: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 4.6V8l2.4 1.6",
  copy: "M6 5.5h7v8H6zM10.4 5.5V2.5H3v8h3",
  send: "M2.5 8 13.5 3 10.6 13 7.4 9.3ZM7.4 9.3 13.5 3",
  plus: "M8 3v10M3 8h10",
  info: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM8 7.2v4M8 4.8v.2",
  empty: "M2.5 9.5 4.6 3h6.8l2.1 6.5v3.5h-11ZM2.5 9.5H6l.8 1.5h2.4L10 9.5h3.5",
  again: "M12.8 6A5.2 5.2 0 1 0 13.2 9M13 2.8V6H9.8",
  down: "M4 6.2 8 10.2 12 6.2",
  minus: "M3 8h10",
  dot: "M8 7.4a.6.6 0 1 1 0 1.2.6.6 0 0 1 0-1.2Z",
  pending: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6Z",
};

/** An icon by name, `size` in px. */
export function Icon({ name, label, size = 16 }) {
  return html`<svg width=${size} height=${size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6"
    stroke-linecap="round" stroke-linejoin="round" role=${label ? "img" : undefined} aria-label=${label}
    aria-hidden=${label ? undefined : "true"} focusable="false"><path d=${PATHS[name]} /></svg>`;
}
