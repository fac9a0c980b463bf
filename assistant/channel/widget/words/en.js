/* The widget's words in English; `errors` by the server's code. */
export default {
  launch: 'Chat with us', region: 'Chat with {name}', unread: '{n} new', you: 'You', bot: 'Assistant',
  withBot: 'You are talking to the assistant', inQueue: 'You are waiting for a person',
  withAgent: 'You are talking to {name}', agent: 'our team', person: 'Talk to a person',
  wantPerson: 'I want to talk to a person', next: 'You are next', place: 'You are {n} in line',
  about: 'about {n} min', write: 'Write a message', send: 'Send', hide: 'Minimise the chat',
  more: 'More', copy: 'Copy this conversation', copied: 'Copied.', fresh: 'Start a new conversation',
  log: 'Conversation', choices: 'Choices', chosen: 'chosen', sending: 'sending', unsent: 'not sent', retry: 'retry',
  typing: '{name} is typing', newer: 'New messages', left: '{n} characters left', over: '{n} characters too many',
  connecting: 'Connecting…', offline: 'No connection. What you write is kept and sent when it is back.',
  again: 'Try now', ended: 'Your earlier chat has ended. This is a new one.', now: 'just now',
  greeting: 'Hello. What would you like to get done?', failed: 'That did not work. Please try again.',
  errors: {
    empty_message: 'That message is empty. Please write something.',
    message_too_long: 'That message is too long. Please send it in parts.',
    too_many_requests: 'That was a lot at once. Please wait a moment, then try again.',
    session_unknown: 'Your earlier chat has ended. Please try again in a new one.',
    identity_token_refused: 'Your sign-in was not accepted here. Please sign in again.',
    origin_not_allowed: 'The chat cannot be used on this website.',
    journal_unavailable: 'We cannot take messages just now. What you write is kept and sent later.',
  },
  ordinals: { one: '{n}st', two: '{n}nd', few: '{n}rd', other: '{n}th' },
};
