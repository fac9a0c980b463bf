/** One chat as the desk knows it. Pure: every function gives a new value and touches no page. */

/**
 * `messages` by sequence; `cursor` is the last sequence up to which nothing can be missing (what a
 * reconnect asks for); `read` the last one the agent has seen; `outbox` what is not yet acknowledged.
 */
export function emptyChat(conversationId) {
  return { id: conversationId, messages: new Map(), cursor: 0, read: 0, outbox: [], owner: null, ownerName: null,
    language: null, customer: null, attempts: [], typingUntil: 0, loaded: false, problem: null };
}

/** The chat with what `GET /api/conversations/{id}` says. */
export function load(chat, conversation) {
  const messages = new Map(chat.messages);
  for (const message of conversation.messages ?? []) messages.set(message.sequence, message);
  const last = Math.max(chat.cursor, ...(conversation.messages ?? []).map((m) => m.sequence));
  const answered = Math.max(0, ...[...messages.values()].filter((m) => m.from === "agent").map((m) => m.sequence));
  const owner = conversation.owner;
  return { ...chat, messages, cursor: last, read: Math.max(chat.read, answered), loaded: true, problem: null,
    language: conversation.language, customer: conversation.customer, attempts: conversation.attempts ?? [],
    owner: owner && typeof owner === "object" ? (owner.owner ?? owner.kind) : owner,
    ownerName: (owner && typeof owner === "object" ? (owner.name ?? owner.agent_name) : conversation.agent?.name) ?? chat.ownerName };
}

/** The chat with a message from the socket. The same one twice changes nothing. */
export function receive(chat, frame) {
  const cursor = Math.max(chat.cursor, frame.sequence);
  const messages = chat.messages.has(frame.sequence) ? chat.messages : new Map(chat.messages).set(frame.sequence, frame);
  const typingUntil = frame.from === "customer" ? 0 : chat.typingUntil;
  return { ...chat, messages, cursor, typingUntil, outbox: arrived(chat.outbox, frame) };
}

/** My own reply may come back over the socket before its acknowledgement does: then it is not drawn twice. */
function arrived(outbox, frame) {
  const [first, ...rest] = outbox;
  const same = first?.state === "sending" && frame.from === "agent" && frame.text === first.text;
  return same ? [{ ...first, arrived: true }, ...rest] : outbox;
}

/** Messages in order, the unsent ones last. */
export function inSequence(chat) {
  return [...chat.messages.values()].sort((a, b) => a.sequence - b.sequence);
}

export function seen(chat) {
  const last = Math.max(0, ...chat.messages.keys());
  return last > chat.read ? { ...chat, read: last } : chat;
}

/** How many of the customer's messages the agent has not seen. */
export function unread(chat) {
  let count = 0;
  for (const message of chat.messages.values()) if (message.from === "customer" && message.sequence > chat.read) count += 1;
  return count;
}

export function queueReply(chat, clientId, text, at) {
  return { ...chat, outbox: [...chat.outbox, { clientId, text, at, state: "waiting", trouble: null }] };
}

export function markReply(chat, clientId, state, trouble = null) {
  return { ...chat, outbox: chat.outbox.map((reply) => (reply.clientId === clientId ? { ...reply, state, trouble } : reply)) };
}

/** The reply is in the journal: out of the outbox, into the messages (once, whoever tells first). */
export function replySent(chat, clientId, sequence, name) {
  const reply = chat.outbox.find((one) => one.clientId === clientId);
  if (!reply) return chat;
  const messages = new Map(chat.messages);
  // Not the cursor: what the customer wrote meanwhile may still be on its way.
  if (!messages.has(sequence)) messages.set(sequence, { sequence, from: "agent", name, text: reply.text, at: new Date(reply.at).toISOString() });
  return { ...chat, messages, outbox: chat.outbox.filter((one) => one !== reply) };
}

export function dropReply(chat, clientId) {
  return { ...chat, outbox: chat.outbox.filter((one) => one.clientId !== clientId) };
}

/** Messages grouped for reading: consecutive ones of one speaker within five minutes; a new day starts a new group. */
export function grouped(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups.at(-1);
    const before = last?.messages.at(-1);
    const sameDay = before && new Date(before.at).toDateString() === new Date(message.at).toDateString();
    const near = before && Date.parse(message.at) - Date.parse(before.at) < 300000;
    if (last && sameDay && near && last.from === message.from && last.name === message.name) last.messages.push(message);
    else groups.push({ from: message.from, name: message.name, newDay: !sameDay, messages: [message] });
  }
  return groups;
}

export function openAttempts(chat) {
  return chat.attempts.filter((attempt) => !attempt.outcome || attempt.outcome === "open");
}
