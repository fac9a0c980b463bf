/** Small charts that lie about nothing: zero and one are drawn, and so is the interval. Text says the same. */
import { html } from "/static/view.js";
import { interval, percent, whole } from "./figures.js";

const WIDE = 160; // units
const HIGH = 16;

/** A success rate as a bar from 0 to 100% with its 95% interval as a whisker. */
export function RateBar({ rate, low, high }) {
  if (rate === null || rate === undefined) return html`<span class="soft small">no closed attempts yet</span>`;
  const x = (value) => 1 + value * (WIDE - 2);
  const label = `${percent(rate)}, 95% interval ${interval(low, high)}`;
  return html`<svg class="rate-bar" viewBox=${`0 0 ${WIDE} ${HIGH}`} role="img" aria-label=${label} preserveAspectRatio="none"><title>${label}</title>
    <rect class="track" x="1" y="3" width=${WIDE - 2} height="10" />
    <rect class="fill" x="1" y="3" width=${Math.max(0, x(rate) - 1)} height="10" />
    ${[0.25, 0.5, 0.75].map((at) => html`<line key=${at} class="grid" x1=${x(at)} x2=${x(at)} y1="3" y2="13" />`)}
    <line class="whisker" x1=${x(low)} x2=${x(high)} y1="8" y2="8" />
    <line class="whisker" x1=${x(low)} x2=${x(low)} y1="4" y2="12" /><line class="whisker" x1=${x(high)} x2=${x(high)} y1="4" y2="12" />
    <line class="zero" x1="1" x2="1" y1="0" y2=${HIGH} /></svg>`;
}

/** All eligible attempts of a row, split by outcome. `parts` as of figures.parts(). */
export function SplitBar({ parts }) {
  const total = parts.reduce((sum, part) => sum + part.n, 0);
  if (!total) return html`<span class="soft small">none</span>`;
  let from = 0;
  const label = parts.filter((part) => part.n).map((part) => `${whole(part.n)} ${part.title}`).join("; ");
  return html`<svg class="split-bar" viewBox=${`0 0 ${WIDE} ${HIGH}`} role="img" aria-label=${label} preserveAspectRatio="none"><title>${label}</title>
    ${parts.filter((part) => part.n).map((part) => {
      const x = from;
      const width = (part.n / total) * WIDE;
      from += width;
      return html`<rect key=${part.key} class=${`part-${part.mark}`} x=${x} y="3" width=${Math.max(0, width - 0.8)} height="10" />`;
    })}</svg>`;
}
