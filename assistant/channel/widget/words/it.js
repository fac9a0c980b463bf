/* The widget's words in Italian; `errors` by the server's code. */
export default {
  launch: 'Chatta con noi', region: 'Chat con {name}', unread: '{n} nuovi', you: 'Lei', bot: 'Assistente',
  withBot: 'Sta parlando con l’assistente', inQueue: 'È in attesa di un operatore',
  withAgent: 'Sta parlando con {name}', agent: 'il nostro team', person: 'Parla con una persona',
  wantPerson: 'Vorrei parlare con una persona', next: 'Tocca a lei', place: 'È {n} in coda',
  about: 'circa {n} min', write: 'Scriva un messaggio', send: 'Invia', hide: 'Riduci la chat',
  more: 'Altro', copy: 'Copia la conversazione', copied: 'Copiata.', fresh: 'Nuova conversazione',
  log: 'Conversazione', choices: 'Scelte', chosen: 'scelto', sending: 'invio', unsent: 'non inviato', retry: 'riprova',
  typing: '{name} sta scrivendo', newer: 'Nuovi messaggi', left: '{n} caratteri rimasti', over: '{n} caratteri di troppo',
  connecting: 'Connessione…', offline: 'Nessuna connessione. Ciò che scrive è conservato e partirà dopo.',
  again: 'Riprova ora', ended: 'La chat precedente è terminata. Questa è nuova.', now: 'adesso',
  greeting: 'Buongiorno. Che cosa desidera fare?', failed: 'Non ha funzionato. Riprovi, per favore.',
  errors: {
    empty_message: 'Il messaggio è vuoto. Scriva qualcosa.',
    message_too_long: 'Il messaggio è troppo lungo. Lo invii in parti.',
    too_many_requests: 'Troppi messaggi insieme. Attenda un momento e riprovi.',
    session_unknown: 'La chat precedente è terminata. Riprovi in una nuova.',
    identity_token_refused: 'L’accesso non è stato accettato. Acceda di nuovo.',
    origin_not_allowed: 'La chat non è disponibile su questo sito.',
    journal_unavailable: 'Ora non possiamo ricevere messaggi. Ciò che scrive è conservato e partirà dopo.',
  },
  ordinals: { other: '{n}º' },
};
