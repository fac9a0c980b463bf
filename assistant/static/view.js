/** Preact, htm and signals under one roof, so that pages import from one place. */
import { h, render, Fragment } from "./vendor/preact.js";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
import htm from "./vendor/htm.js";
import { batch, computed, effect, signal } from "./vendor/signals-core.js";

export const html = htm.bind(h);
export { Fragment, batch, computed, effect, h, render, signal };
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState };

/** The value of a signal; the component draws again whenever it changes. */
export function useValue(source) {
  const [, again] = useState(0);
  const drawn = source.peek();
  useLayoutEffect(() => {
    let known = drawn;
    return effect(() => {
      const value = source.value;
      if (value !== known) again((n) => n + 1);
      known = value;
    });
  }, [source]);
  return drawn;
}

const seconds = signal(Date.now());
let watchers = 0;
let timer = 0;

/** The present time in milliseconds, at most `every` milliseconds old. One timer serves the page. */
export function useNow(every = 1000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    watchers += 1;
    if (watchers === 1) timer = setInterval(() => (seconds.value = Date.now()), 1000);
    let last = now;
    const stop = effect(() => {
      const value = seconds.value;
      if (value - last >= every - 50) {
        last = value;
        setNow(value);
      }
    });
    return () => {
      stop();
      watchers -= 1;
      if (watchers === 0) clearInterval(timer);
    };
  }, [every]);
  return now;
}
