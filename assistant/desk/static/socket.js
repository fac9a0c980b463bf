/** A socket that comes back by itself: growing pauses, a little chance in them, at once when the network returns. */

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 15000; // ms

/**
 * `address()` gives the URL at each try. `onOpen(send)`, `onFrame(frame)`, `onState("open" | "lost")`.
 * Gives {send, stop, retry}; `send` returns false when nothing could be sent.
 */
export function keepSocket(address, { onOpen, onFrame, onState, pause = pauseBefore }) {
  let socket = null;
  let tries = 0;
  let timer = 0;
  let stopped = false;

  const send = (frame) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };

  const connect = () => {
    clearTimeout(timer);
    if (stopped || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
    const mine = new WebSocket(address());
    socket = mine;
    mine.onopen = () => onOpen(send);
    mine.onmessage = ({ data }) => {
      const frame = parse(data);
      if (!frame) return;
      if (frame.type === "hello") {
        tries = 0;
        onState("open");
      }
      onFrame(frame);
    };
    mine.onclose = (event) => {
      if (stopped || socket !== mine) return;
      socket = null;
      onState("lost", event);
      timer = setTimeout(connect, pause(tries));
      tries += 1;
    };
  };

  const atOnce = () => {
    tries = 0;
    connect();
  };
  // A sleeping laptop's socket looks open for minutes: the browser's own word that we are offline counts.
  const cut = () => socket?.close();
  addEventListener("online", atOnce);
  addEventListener("offline", cut);
  connect();

  return {
    send,
    retry: atOnce,
    stop() {
      stopped = true;
      clearTimeout(timer);
      removeEventListener("online", atOnce);
      removeEventListener("offline", cut);
      socket?.close();
    },
  };
}

/** Milliseconds before try number `tries` (from 0). */
export function pauseBefore(tries, chance = Math.random()) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries) * (0.75 + chance / 2);
}

function parse(data) {
  try {
    const frame = JSON.parse(data);
    return frame && typeof frame === "object" && !Array.isArray(frame) ? frame : null;
  } catch {
    return null;
  }
}
