/** The desk: queue, chat, packet, side by side. */
import { html, useEffect, useMemo, useState, useValue } from "/static/view.js";
import { announce, copyText, Dialog, Notice } from "/static/components.js";
import { showSigned, TopBar } from "/static/page.js";
import { ChatPane } from "./chat-pane.js";
import { unread } from "./chats.js";
import { KEYS, placeOf, read } from "./keys.js";
import { knownFacts } from "./known.js";
import { CloseDialog, ReturnDialog, TransferDialog } from "./moves.js";
import { PacketPane } from "./packet-pane.js";
import { QueuePane } from "./queue-pane.js";
import { makeDesk } from "./store.js";
import { inOrder } from "./waiting.js";

function Keys({ onClose }) {
  return html`<${Dialog} title="Keys" onClose=${onClose}><dl class="keys">${KEYS.map(([key, what]) => html`<div key=${key}><dt>${key.split(" ").map((part) => (part === "/" || part === "…" ? ` ${part} ` : html`<kbd>${part}</kbd>`))}</dt><dd>${what}</dd></div>`)}</dl><//>`;
}

/** Connection trouble, said quietly, and only once it lasts. */
function Connection({ desk }) {
  const state = useValue(desk.connection);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state === "open") {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), 1200);
    return () => clearTimeout(timer);
  }, [state]);
  if (!shown) return null;
  return html`<div class="connection"><${Notice} kind="warn"><span class="row wrap"><span>No connection. What you see may be old; trying again by itself. Nothing is lost.</span>
    <button type="button" class="button" onClick=${desk.reconnect}>Try now</button></span><//></div>`;
}

function step(desk, direction, showAll) {
  const list = inOrder(desk.handoffs.value, Date.now(), desk.who.staff_id).slice(0, showAll ? undefined : 60);
  if (!list.length) return;
  const at = list.findIndex((handoff) => handoff.handoff_id === desk.selected.value);
  const next = list[at < 0 ? (direction > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + direction))];
  desk.select(next.handoff_id);
  requestAnimationFrame(() => document.querySelector(`[data-handoff="${CSS.escape(next.handoff_id)}"]`)?.focus());
}

function myNext(desk) {
  const mine = desk.mine.value;
  if (!mine.length) return announce("You have no chats.");
  const at = mine.findIndex((handoff) => handoff.handoff_id === desk.selected.value);
  return desk.select(mine[(at + 1) % mine.length].handoff_id);
}

async function copyFact(desk, number) {
  const packet = desk.packets.value.get(desk.selected.value)?.packet;
  const fact = packet && knownFacts(packet)[number - 1];
  if (!fact) return;
  const worked = await copyText(fact.text);
  announce(worked ? `${fact.label} copied` : "Copying is not allowed here.");
}

function doMove(desk, { move, number }, { setMove, setKeys, showAll }) {
  const mine = desk.isMine.value;
  const open = desk.open.value;
  const acts = {
    next: () => step(desk, 1, showAll),
    previous: () => step(desk, -1, showAll),
    "my next": () => myNext(desk),
    accept: () => open && !mine && ["queued", "offered", "callback"].includes(open.state) && desk.accept(open.handoff_id),
    reply: () => document.getElementById("reply")?.focus(),
    return: () => mine && setMove("return"),
    transfer: () => mine && setMove("transfer"),
    close: () => mine && setMove("close"),
    presence: () => desk.setPresence(desk.presence.value === "here" ? "away" : "here"),
    keys: () => setKeys(true),
    copy: () => copyFact(desk, number),
  };
  return acts[move]();
}

function useTitle(desk) {
  const all = useValue(desk.chats);
  const mine = useValue(desk.mine);
  const news = mine.reduce((sum, handoff) => sum + (all.has(handoff.conversation_id) ? unread(all.get(handoff.conversation_id)) : 0), 0);
  useEffect(() => {
    document.title = `${news ? `(${news}) ` : ""}Desk · Wayfinder`;
  }, [news]);
}

const DIALOGS = { return: ReturnDialog, transfer: TransferDialog, close: CloseDialog };

function Desk({ who }) {
  const desk = useMemo(() => makeDesk(who, { announce }), []);
  const open = useValue(desk.open);
  const mine = useValue(desk.isMine);
  const chats = useValue(desk.chats);
  const [move, setMove] = useState(null);
  const [keys, setKeys] = useState(false);
  const [showAll, setShowAll] = useState(false);
  const startMove = async (name) => {
    // The attempts may have changed since the chat was opened: read them anew before asking about them.
    if (name === "close") await desk.loadChat(open.conversation_id);
    setMove(name);
  };
  useTitle(desk);
  useEffect(() => {
    // Stacked on a narrow screen, the chat that was chosen below comes into sight above.
    if (open && matchMedia("(max-width: 980px)").matches) document.getElementById("main").scrollIntoView();
  }, [open?.handoff_id]);
  useEffect(() => {
    const onKey = (event) => {
      const wanted = read(event, placeOf(event.target));
      if (!wanted) return;
      event.preventDefault();
      doMove(desk, wanted, { setMove: startMove, setKeys, showAll });
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [showAll, open?.handoff_id]);
  useEffect(() => {
    document.addEventListener("visibilitychange", desk.look);
    return () => {
      document.removeEventListener("visibilitychange", desk.look);
      desk.stop();
    };
  }, []);
  const MoveDialog = DIALOGS[move];
  const chat = open && chats.get(open.conversation_id);
  return html`<div class="desk-page"><${TopBar} who=${who} here="/desk"><button type="button" class="button quiet" onClick=${() => setKeys(true)}>Keys <kbd>?</kbd></button><//>
    <${Connection} desk=${desk} />
    <div class=${`desk ${open ? "has-open" : ""}`}>
      <${QueuePane} desk=${desk} showAll=${showAll} onShowAll=${() => setShowAll(true)} />
      <${ChatPane} desk=${desk} onMove=${startMove} />
      <${PacketPane} desk=${desk} />
    </div>
    ${MoveDialog && open && mine && chat && html`<${MoveDialog} key=${move} desk=${desk} handoff=${open} chat=${chat} onClose=${() => setMove(null)} onDone=${() => setMove(null)} />`}
    ${keys && html`<${Keys} onClose=${() => setKeys(false)} />`}
  </div>`;
}

showSigned(Desk);
