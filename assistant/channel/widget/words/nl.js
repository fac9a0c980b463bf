/* The widget's words in Dutch; `errors` by the server's code. */
export default {
  launch: 'Chat met ons', region: 'Chat met {name}', unread: '{n} nieuw', you: 'U', bot: 'Assistent',
  withBot: 'U praat met de assistent', inQueue: 'U wacht op een medewerker',
  withAgent: 'U praat met {name}', agent: 'ons team', person: 'Praat met een medewerker',
  wantPerson: 'Ik wil een medewerker spreken', next: 'U bent aan de beurt', place: 'U bent {n} in de rij',
  about: 'ongeveer {n} min', write: 'Schrijf een bericht', send: 'Versturen', hide: 'Chat verkleinen',
  more: 'Meer', copy: 'Gesprek kopiëren', copied: 'Gekopieerd.', fresh: 'Nieuw gesprek beginnen',
  log: 'Gesprek', choices: 'Keuzes', chosen: 'gekozen', sending: 'wordt verstuurd', unsent: 'niet verstuurd', retry: 'opnieuw',
  typing: '{name} typt', newer: 'Nieuwe berichten', left: 'nog {n} tekens', over: '{n} tekens te veel',
  connecting: 'Verbinden…', offline: 'Geen verbinding. Wat u schrijft, blijft bewaard en gaat straks mee.',
  again: 'Probeer nu', ended: 'Uw vorige chat is afgelopen. Dit is een nieuwe.', now: 'zojuist',
  greeting: 'Hallo. Wat wilt u regelen?', failed: 'Dat lukte niet. Probeer het nog eens.',
  errors: {
    empty_message: 'Dat bericht is leeg. Schrijf iets.',
    message_too_long: 'Dat bericht is te lang. Stuur het in delen.',
    too_many_requests: 'Dat ging erg snel. Wacht even en probeer het opnieuw.',
    session_unknown: 'Uw vorige chat is afgelopen. Probeer het in een nieuwe.',
    identity_token_refused: 'Uw aanmelding is hier niet aanvaard. Meld u opnieuw aan.',
    origin_not_allowed: 'De chat werkt niet op deze website.',
    journal_unavailable: 'We kunnen nu geen berichten ontvangen. Wat u schrijft, blijft bewaard en gaat straks mee.',
  },
  ordinals: { other: '{n}e' },
};
