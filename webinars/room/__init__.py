"""The live room: HTTP acts, a log remembers, sockets tell.

Everything a person does is a form post. Its verb changes the rows and, in the same transaction and
under the lock of the webinar's row, appends a `RoomEvent` with the room's next number. In each
process one hub reads what is new, renders it once for each audience and language, and puts the
same text into every socket's bounded queue.

    log.py         takes the next number, appends the event, rings after commit
    doorbell.py    «look at the log»: a hint to the hubs, which also look by themselves
    questions.py, chat.py, polls.py, hands.py, setup.py, stage.py      the verbs
    shown.py       the allow-list: what each audience may see, as plain values, and its HTML
    frames.py      from the log to frames; the snapshot that a page is drawn from
    hub.py         one per event loop: rooms, sockets, ticks
    socket.py      the ASGI application of one socket, and the origin check
    team.py        who moderates a room or presents in it without hosting it
    door.py        who may come in, and whether they still may
    porter.py      takes to the door together who comes at the same time
    acts.py        who did what, in words
    prompts.py     «are you still here?» at times that only the server knows
    links.py       addresses in messages, for rooms that allow them
    captions.py    lines of live captions, from a captioner to every page
    counts.py, heads.py       votes, and how many people are here
    presence.py    slices of presence from heartbeats
    pace.py        how often one person may act
    polling.py     presence and counts for those who poll

The protocol
------------
Socket: `/ws/webinars/<slug>/?after=<seq>&lang=<en|es>`, with the session's cookie and the site's
own `Origin`. Hosts and moderators get what moderators see; `&as=attendee` asks for what everybody
sees, `&as=presenter` for what presenters see, `&as=check` for what everybody sees without being
counted (the lobby's look whether a socket works).
Fallback: `GET /webinars/<slug>/events?after=<seq>` with the same parameters answers with
one frame that holds the counts too: `{"to": seq, "ev": […], "tick": {…}, "beat": token}`. Poll
every 3 to 5 seconds and send the last token as `beat`: that is presence.

Every frame is one JSON object; what it is shows in its keys.

`{"to": 41, "ev": [{"seq": 41, "kind": "question", "list": "questions", "id": 7, "html": "…"}]}`
    What changed, up to and including number 41. Each entry puts one keyed element into a named
    list (`html`), in the order of the ids, or takes it out (`html` is null). An entry may come
    twice; the last one is right. An entry of kind `state` also says the session's `state`.
    Numbers that only moderators may see are passed over for others. `"keep": {"chat": 12}`: older
    ids than 12 leave the list `chat`.
`{"reload": true}`
    The gap is too long (or the number is not from this log): take a fresh page, then follow.
`{"tick": {"here": 214, "votes": {"7": 12}, "polls": {"3": 41}, "hands": 2, "reactions": {…}}}`
    Counts, at most once a second, never in the log: people here, votes for questions, how many
    answered a poll, hands up, people who reacted in the last half minute. Only what changed; all
    of it once after joining. Moderators and presenters also get
    `"results": {"3": {"a": 30, "b": 11}}` of open polls (choices, or words that people typed).
`{"cc": [["en", 12, "So that is why…"]]}`
    Lines of live captions: language, number, text. They may come twice.
`{"hb": n, "to": 41}`
    Every 20 seconds. The page sends `{"hb": n}` back, and that is what counts as being there.
    Nothing else that a page sends means anything.

Closing codes: 4403 not (or no longer) allowed, 4408 read too slowly: come back with `after`,
4409 sends too much, 1012 the process stops: come back.

Lists for everybody: `prompt`, `questions`, `chat`, `polls`, and with the one id 0 `stage`,
`notice`, `materials`, `rules`. For moderators also `queue`, `dismissed`, `hands`, `notes` and, in
place of the stage, `controls` (id 0). For presenters `questions`, `polls`, `hands`, `notice`,
`notes` and `clock` (id 0), and no others. In `questions` and `polls`, elements with `data-first`
stand before the others: what is pinned, what is open. Frames hold no personal marks («you voted»):
those stand on the page, in answers to the person's own requests.

Server: uvicorn with `ws_per_message_deflate=False` (300 KB and half a millisecond for each socket
otherwise), `lifespan="off"`, `ws_max_size=4096`.
"""
