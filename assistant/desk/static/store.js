/** What the desk knows, in signals, and everything it can do. Touches no page: panes draw what is here. */
import { batch, computed, signal } from "/static/view.js";
import { freshId, get, me, post } from "/static/api.js";
import { keepSocket } from "./socket.js";
import * as chats from "./chats.js";

const TYPING_SHOWN = 6000; // ms
const TYPING_SENT_EVERY = 2500; // ms

export function makeDesk(who, { announce }) {
  const desk = {
    who,
    handoffs: signal([]), // everybody's, as the server lists them
    mine: signal([]),
    queueState: signal({ loaded: false, problem: null }),
    chats: signal(new Map()), // conversation id -> chat
    packets: signal(new Map()), // handoff id -> {packet, problem}
    selected: signal(null), // handoff id
    connection: signal("connecting"), // connecting, open, lost
    presence: signal("here"),
    catalogue: signal({ intents: [], skills: [], languages: [], reasons: [] }),
    busy: signal(null), // what is being done right now, as "accept h_1"
    drafts: new Map(),
  };
  desk.open = computed(() => {
    const id = desk.selected.value;
    return desk.mine.value.find((h) => h.handoff_id === id) ?? desk.handoffs.value.find((h) => h.handoff_id === id) ?? null;
  });
  desk.isMine = computed(() => desk.mine.value.some((h) => h.handoff_id === desk.selected.value));

  const chatOf = (id) => desk.chats.peek().get(id) ?? chats.emptyChat(id);
  const put = (id, change) => {
    const next = change(chatOf(id));
    if (next !== desk.chats.peek().get(id)) desk.chats.value = new Map(desk.chats.peek()).set(id, next);
  };
  const lookedAt = (id) => document.visibilityState === "visible" && desk.open.peek()?.conversation_id === id;
  const watch = (id) => socket.send({ type: "watch", conversation_id: id, after: chatOf(id).cursor });

  // --- reading -----------------------------------------------------------------------------------

  async function loadQueue() {
    try {
      const [queue, mine] = await Promise.all([get("/api/handoffs"), get("/api/desk/mine")]);
      batch(() => {
        desk.handoffs.value = queue.handoffs;
        desk.queueState.value = { loaded: true, problem: null };
      });
      takeMine(mine.handoffs);
    } catch (problem) {
      desk.queueState.value = { ...desk.queueState.peek(), problem };
    }
  }

  async function loadMine() {
    try {
      takeMine((await get("/api/desk/mine")).handoffs);
    } catch (problem) {
      desk.queueState.value = { ...desk.queueState.peek(), problem };
    }
  }

  function takeMine(mine) {
    desk.mine.value = mine;
    for (const handoff of mine) if (!desk.chats.peek().has(handoff.conversation_id)) loadChat(handoff.conversation_id);
  }

  async function loadChat(id) {
    put(id, (chat) => ({ ...chat, problem: null }));
    try {
      const conversation = await get(`/api/conversations/${encodeURIComponent(id)}`);
      put(id, (chat) => chats.load(chat, conversation));
      if (lookedAt(id)) put(id, chats.seen);
      watch(id);
    } catch (problem) {
      put(id, (chat) => ({ ...chat, problem }));
    }
  }

  async function loadPacket(handoffId) {
    const keep = (value) => (desk.packets.value = new Map(desk.packets.peek()).set(handoffId, value));
    try {
      keep({ packet: await get(`/api/handoffs/${encodeURIComponent(handoffId)}/packet`), problem: null });
    } catch (problem) {
      keep({ packet: desk.packets.peek().get(handoffId)?.packet ?? null, problem });
    }
  }

  desk.loadQueue = loadQueue;
  desk.loadChat = loadChat;
  desk.loadPacket = loadPacket;

  desk.select = (handoffId) => {
    const before = desk.open.peek();
    desk.selected.value = handoffId;
    const handoff = desk.open.peek();
    if (before && before.conversation_id !== handoff?.conversation_id && !desk.mine.peek().some((h) => h.handoff_id === before.handoff_id)) {
      socket.send({ type: "unwatch", conversation_id: before.conversation_id });
    }
    if (!handoff) return;
    if (desk.chats.peek().get(handoff.conversation_id)?.loaded) {
      put(handoff.conversation_id, chats.seen);
      watch(handoff.conversation_id);
    } else loadChat(handoff.conversation_id);
    if (!desk.packets.peek().get(handoffId)?.packet) loadPacket(handoffId);
  };

  desk.look = () => {
    const handoff = desk.open.peek();
    if (handoff && document.visibilityState === "visible") put(handoff.conversation_id, chats.seen);
  };

  // --- the socket ---------------------------------------------------------------------------------

  const onFrame = {
    hello() {
      socket.send({ type: "presence", state: desk.presence.peek() });
      const ids = new Set(desk.mine.peek().map((h) => h.conversation_id));
      if (desk.open.peek()) ids.add(desk.open.peek().conversation_id);
      for (const id of ids) if (chatOf(id).loaded) watch(id);
      loadQueue();
      for (const id of ids) flush(id);
    },
    queue({ handoffs }) {
      batch(() => {
        desk.handoffs.value = handoffs;
        desk.queueState.value = { loaded: true, problem: null };
      });
      loadMine();
    },
    message(frame) {
      put(frame.conversation_id, (chat) => chats.receive(chat, frame));
      if (lookedAt(frame.conversation_id)) put(frame.conversation_id, chats.seen);
    },
    typing({ conversation_id, from }) {
      if (from === "customer") put(conversation_id, (chat) => ({ ...chat, typingUntil: Date.now() + TYPING_SHOWN }));
    },
    owner({ conversation_id, owner, name }) {
      put(conversation_id, (chat) => ({ ...chat, owner, ownerName: name ?? null }));
    },
    packet({ handoff_id, revision }) {
      const held = desk.packets.peek().get(handoff_id);
      if (held && !(held.packet?.revision >= revision)) loadPacket(handoff_id); // every read is on record: none twice
    },
    error({ code, message }) {
      if (code === "not_signed_in") me(); // leads to the sign-in page
      if (message) announce(message);
    },
  };

  const socket = keepSocket(() => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/desk/ws`, {
    onOpen: (send) => send({ type: "hello" }),
    onFrame: (frame) => onFrame[frame.type]?.(frame),
    onState: (state) => (desk.connection.value = state),
  });
  desk.stop = socket.stop;
  desk.reconnect = socket.retry;

  desk.setPresence = (state) => {
    desk.presence.value = state;
    socket.send({ type: "presence", state });
  };

  let typedAt = 0;
  desk.typing = () => {
    const handoff = desk.open.peek();
    if (!handoff || Date.now() - typedAt < TYPING_SENT_EVERY) return;
    typedAt = Date.now();
    socket.send({ type: "typing", handoff_id: handoff.handoff_id });
  };

  // --- replies: one after the other per chat, each with its client id until it is acknowledged ------

  const sending = new Set();

  async function flush(conversationId) {
    if (sending.has(conversationId)) return;
    sending.add(conversationId);
    try {
      for (;;) {
        const reply = chatOf(conversationId).outbox[0];
        const handoff = desk.mine.peek().find((h) => h.conversation_id === conversationId);
        if (!reply || !handoff) return;
        put(conversationId, (chat) => chats.markReply(chat, reply.clientId, "sending"));
        try {
          const { sequence } = await post(`/api/handoffs/${encodeURIComponent(handoff.handoff_id)}/messages`, { client_id: reply.clientId, text: reply.text });
          put(conversationId, (chat) => chats.seen(chats.replySent(chat, reply.clientId, sequence, who.name)));
        } catch (problem) {
          // It is in the journal and only the answer was lost: the same client id again settles it.
          const stored = chatOf(conversationId).outbox.find((one) => one.clientId === reply.clientId)?.arrived;
          if (stored && !reply.arrived) continue;
          put(conversationId, (chat) => chats.markReply(chat, reply.clientId, "unsent", problem.message));
          return;
        }
      }
    } finally {
      sending.delete(conversationId);
    }
  }

  desk.reply = (text) => {
    const handoff = desk.open.peek();
    put(handoff.conversation_id, (chat) => chats.queueReply(chat, freshId(), text, Date.now()));
    flush(handoff.conversation_id);
  };
  desk.retry = (conversationId) => flush(conversationId);
  desk.discard = (conversationId, clientId) => put(conversationId, (chat) => chats.dropReply(chat, clientId));

  // --- moves: each gives true, or says in plain words why not ---------------------------------------

  async function move(name, handoffId, path, body, done) {
    if (desk.busy.peek()) return false;
    desk.busy.value = `${name} ${handoffId}`;
    try {
      await post(`/api/handoffs/${encodeURIComponent(handoffId)}/${path}`, body);
      if (done) announce(done);
      return true;
    } finally {
      desk.busy.value = null;
      await loadQueue();
    }
  }

  desk.accept = async (handoffId) => {
    try {
      await move("accept", handoffId, "accept", {});
      desk.select(handoffId);
      return true;
    } catch (problem) {
      announce(acceptTrouble(problem));
      if (problem.status === 409 && desk.selected.peek() === handoffId) desk.selected.value = null;
      return false;
    }
  };

  const leave = async (name, handoffId, path, body, done) => {
    const worked = await move(name, handoffId, path, body, done);
    if (worked && desk.selected.peek() === handoffId) desk.selected.value = null;
    return worked;
  };
  desk.giveBack = (id, body) => leave("return", id, "return", body, "The assistant has the chat again");
  desk.transfer = (id, body) => leave("transfer", id, "transfer", body, "Passed on to the queue");
  desk.close = (id, body) => leave("close", id, "close", body, "Closed");

  get("/api/catalogue").then((catalogue) => (desk.catalogue.value = catalogue), (problem) => announce(problem.message));
  loadQueue();
  return desk;
}

/** What an agent reads when somebody else was faster. */
export function acceptTrouble(problem) {
  if (problem.code === "handoff_taken") return "A colleague was faster: this chat is taken. The list is up to date again.";
  if (problem.code === "handoff_offered") return "This chat is being offered to a colleague right now. If they do not take it, it comes back to the list.";
  return problem.message;
}
