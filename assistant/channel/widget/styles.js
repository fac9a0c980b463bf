/* The styles, as an adopted sheet, so that a strict content security policy stays satisfied. */
import { options } from './settings.js';

export const STYLES = `
:host { all: initial !important; position: relative !important; z-index: 2147483000 !important; }
[hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; margin: 0; }
.root {
  --surface: #fff; --ground: #f5f6f7; --ink: #1b1f24; --soft: #59616b; --line: #d5d9de; --alarm: #a3261f;
  color: var(--ink); color-scheme: light dark; font: 400 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h2, p, button, textarea { font: inherit; color: inherit; letter-spacing: normal; text-align: start; }
svg { width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
button { border: 0; background: none; padding: 0; cursor: pointer; border-radius: 8px; touch-action: manipulation; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.spoken, .who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher {
  position: fixed; inset: auto 20px 20px auto; display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 20px 0 16px;
  background: var(--accent); color: var(--on-accent); border: 1px solid transparent; border-radius: 24px; font-weight: 600; box-shadow: 0 4px 16px #0003;
}
.launcher:focus-visible { outline-offset: 3px; }
.badge { padding: 2px 8px; border-radius: 12px; background: var(--on-accent); color: var(--accent-text); font-size: 12px; font-variant-numeric: tabular-nums; }
.panel {
  position: fixed; inset: auto 20px 20px auto; display: flex; flex-direction: column; width: 360px; height: 600px; max-height: calc(100dvh - 40px);
  background: var(--surface); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: 0 12px 40px #0003;
}
header { position: relative; padding: 8px 8px 8px 16px; border-bottom: 1px solid var(--line); border-top: 4px solid var(--accent); }
.title { display: flex; align-items: center; }
h2 { flex: 1; font-size: 16px; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.title button, .send { display: grid; place-items: center; width: 36px; height: 36px; color: var(--soft); }
.title button:first-of-type svg { stroke-width: 3; }
.title button:hover { background: var(--ground); color: var(--ink); }
.speaker { display: flex; flex-wrap: wrap; align-items: center; gap: 0 12px; min-height: 32px; font-size: 14px; color: var(--soft); }
.now { flex: 1; }
.person { display: flex; align-items: center; gap: 4px; min-height: 32px; padding: 0 8px; font-weight: 600; color: var(--ink); white-space: nowrap; text-decoration: underline 1px; text-underline-offset: 3px; }
.person svg { width: 16px; height: 16px; }
.person:hover, .bar button:hover, .meta button:hover { text-decoration-thickness: 2px; }
.menu { position: absolute; z-index: 1; inset: 48px 12px auto auto; padding: 4px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 24px #0003; }
.menu button { display: block; width: 100%; min-height: 40px; padding: 0 12px; font-size: 14px; }
.menu button:hover { background: var(--ground); }
.middle { position: relative; flex: 1; min-height: 0; }
.log { height: 100%; overflow-y: auto; overscroll-behavior: contain; padding: 12px 16px 8px; display: flex; flex-direction: column; }
.log:focus-visible { outline-offset: -4px; }
.log > div { position: relative; display: flex; flex-direction: column; align-items: flex-start; max-width: 88%; padding-top: 4px; flex: none; }
.log > .first { padding-top: 12px; }
.first > .who { position: static; width: auto; height: auto; clip-path: none; padding: 0 0 4px 2px; font-size: 12px; color: var(--soft); }
.bubble { max-width: 100%; padding: 8px 12px; background: var(--ground); border: 1px solid transparent; border-radius: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
.agent .bubble { border-color: var(--line); background: var(--surface); }
.log > .customer { align-self: flex-end; align-items: flex-end; }
.customer.first > .who { position: absolute; width: 1px; height: 1px; clip-path: inset(50%); }
.customer .bubble { background: var(--accent); color: var(--on-accent); }
.waiting .bubble { background: none; border: 1px dashed var(--soft); color: var(--ink); }
.log > .system { align-self: center; align-items: center; text-align: center; padding: 12px 0 4px; }
.system .bubble { padding: 0; background: none; font-size: 14px; color: var(--soft); text-align: center; }
.bubble a { color: inherit; }
.meta { display: none; padding: 2px 2px 0; font-size: 12px; color: var(--soft); }
.last > .meta, .waiting > .meta { display: block; }
.state + .state, time + .state::before { content: " · "; }
.meta button, .bar button { font-weight: 600; color: var(--ink); text-decoration: underline 1px; text-underline-offset: 3px; }
.meta button { min-height: 24px; padding: 0 4px; }
.choices { display: flex; flex-wrap: wrap; gap: 8px; padding: 8px 0 4px; }
.choices button { display: flex; align-items: center; gap: 4px; min-height: 36px; padding: 6px 14px; font-size: 14px; font-weight: 600; background: var(--surface); border: 1px solid var(--accent-line); border-radius: 18px; overflow-wrap: anywhere; }
.choices button:hover { background: var(--ground); }
.choices [aria-disabled] { cursor: default; font-weight: 400; color: var(--soft); background: none; border-color: var(--line); }
.choices .used { color: var(--ink); border-color: var(--accent-line); font-weight: 600; }
.choices svg { width: 16px; height: 16px; }
.typing { display: flex; align-items: center; gap: 4px; padding: 12px 2px 4px; font-size: 12px; color: var(--soft); flex: none; }
.typing i { width: 6px; height: 6px; border-radius: 3px; background: var(--soft); }
.typing span { padding-left: 4px; }
.newer { position: absolute; inset: auto 0 8px; margin: auto; width: max-content; display: flex; align-items: center; gap: 4px; min-height: 36px; padding: 0 14px 0 10px; font-size: 14px; font-weight: 600; background: var(--surface); border: 1px solid var(--line); border-radius: 18px; box-shadow: 0 2px 8px #0002; }
.newer svg { width: 16px; height: 16px; }
.bar { display: flex; align-items: center; gap: 12px; min-height: 40px; padding: 8px 16px; font-size: 14px; background: var(--ground); border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.bar span { flex: 1; }
.bar button { min-height: 24px; white-space: nowrap; }
.writer { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 0 8px; padding: 8px 8px 8px 12px; border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; min-height: 44px; padding: 9px 4px; resize: none; border: 0; background: none; outline-offset: 0 !important; border-radius: 8px; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send { width: 44px; height: 44px; border-radius: 12px; background: var(--accent); color: var(--on-accent); border: 1px solid transparent; }
.count { width: 100%; padding: 4px; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
.count.over { color: var(--alarm); font-weight: 600; }
@media (max-width: 480px), (max-height: 420px) {
  .panel { inset: 0; width: auto; height: 100dvh; max-height: none; border: 0; border-radius: 0; padding-bottom: env(safe-area-inset-bottom); }
  .launcher { inset: auto 16px 16px auto; }
}
@media (pointer: coarse) {
  .title button { width: 44px; height: 44px; }
  .person, .choices button, .newer, .menu button, .meta button, .bar button { min-height: 44px; }
}
@media (prefers-color-scheme: dark) {
  .root { --surface: #191d22; --ground: #262b32; --ink: #eceff2; --soft: #a9b2bc; --line: #3a4149; --alarm: #ffa198; }
}
@media (prefers-reduced-motion: no-preference) {
  .typing i { animation: breathe 1.2s ease-in-out infinite; }
  .typing i:nth-child(2) { animation-delay: .15s; }
  .typing i:nth-child(3) { animation-delay: .3s; }
  @keyframes breathe { 50% { opacity: .25; } }
}
@media (forced-colors: active) { .bubble, .choices button, .send, .launcher { border-color: CanvasText !important; } .typing i { background: CanvasText; } }
`;

/* The company's colour, with ink that is always readable on it. */
const luminance = (rgb) => rgb.map((part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0); // WCAG 2 relative luminance
export function paint(root) {
  const accent = CSS.supports('color', options.accent ?? '') ? options.accent : '#0b5c6b';
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  canvas.fillStyle = accent;
  canvas.fillRect(0, 0, 1, 1);
  const light = luminance([...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const set = (name, value) => root.style.setProperty(name, value);
  set('--accent', accent);
  set('--on-accent', light > 0.179 ? '#000' : '#fff');
  set('--accent-text', accent);
  set('--accent-line', dark === light > 0.179 ? accent : 'var(--soft)'); // a border must stand out from the surface
}
