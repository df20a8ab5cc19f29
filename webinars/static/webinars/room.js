// <gw-room>: keeps the lists of a room as the server's log has them. Over a socket, or by asking every few
// seconds where the network breaks sockets. The protocol is described in webinars/room/__init__.py.
// Without this the page is as it was when it was loaded, and its forms still work.
const SILENCE = 50_000; // a heartbeat comes every 20 seconds
const PATIENCE = 10_000; // for a socket to open
const LONGEST_WAIT = 30_000;
const OUT = 4403;
const STOPPING = 1012; // this process stops, for all of its pages at once
const SPREAD = 8_000;
const LOST_SPREAD = 3_000; // a process that was killed says nothing: it may be all of its pages, or this one

class Room extends HTMLElement {
  connectedCallback() {
    this.after = Number(this.dataset.after);
    this.votes = new Map(); // question → votes
    this.answers = new Map(); // poll → people who answered
    this.results = new Map(); // poll → {choice: votes}, at the console
    this.hands = 0;
    this.reactions = {}; // kind → people, of the last half minute
    this.mark(this);
    this.drawn = new WeakMap(); // element → as it came, before anything in it changed by itself
    this.held = null; // frames that wait for a fresh page
    this.failures = 0;
    this.beat = "";
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    this.addEventListener("click", (event) => this.reorder(event), on);
    document.addEventListener("room:voted", (event) => this.voted(event.detail), on);
    document.addEventListener("room:answered", (event) => this.answered.add(event.detail.id), on);
    document.addEventListener("room:refused", (event) => this.toast(event.detail.reason), on);
    document.addEventListener("htmx:afterSettle", (event) => this.settled(event.detail), on);
    document.addEventListener("htmx:oobAfterSwap", () => this.recover(), on);
    this.addEventListener("focusin", (event) => this.remember(event.target), on);
    this.addEventListener("focusout", (event) => this.forget(event.target), on);
    document.addEventListener("htmx:afterRequest", (event) => this.acted(event.detail), on);
    document.addEventListener("htmx:responseError", ({ detail }) => this.failed(detail.xhr), on);
    document.addEventListener("htmx:sendError", () => this.toast(this.wordsOf("lost")), on);
    addEventListener("online", () => this.hurry(), on);
    addEventListener("pageshow", (event) => event.persisted && this.hurry(), on);
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry(), on);
    for (const list of this.querySelectorAll("[data-list]")) for (const item of list.children) this.dress(item);
    this.become("connecting");
    this.open();
  }

  disconnectedCallback() {
    this.leaving.abort();
    this.over = true;
    clearTimeout(this.retrying);
    clearTimeout(this.polling);
    clearTimeout(this.silence);
    this.socket?.close(1000);
  }

  // --- The line

  open() {
    clearTimeout(this.retrying);
    const url = new URL(this.dataset.socket, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = this.query();
    const socket = new WebSocket(url);
    this.socket = socket;
    const tooLong = setTimeout(() => socket.close(), PATIENCE);
    socket.addEventListener("open", () => {
      clearTimeout(tooLong);
      clearTimeout(this.polling);
      this.polling = null;
      this.become("connected");
      this.listen();
    });
    socket.addEventListener("message", (event) => {
      this.failures = 0;
      this.listen();
      this.take(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      clearTimeout(tooLong);
      clearTimeout(this.silence);
      if (socket !== this.socket || this.over) return;
      if (event.code === OUT) this.leave();
      else this.retry(event.code === STOPPING);
    });
  }

  query() {
    return new URLSearchParams({ after: this.after, lang: this.dataset.lang, as: this.dataset.as }).toString();
  }

  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.socket.close(), SILENCE);
  }

  // Many pages lose their line at the same moment: they come back at different ones.
  retry(together = false) {
    this.failures += 1;
    const wait = this.failures === 1 ? 300 + (together ? SPREAD : LOST_SPREAD) * Math.random() : Math.min(LONGEST_WAIT, 400 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retrying = setTimeout(() => this.open(), wait);
    if (this.polling) return;
    if (this.failures > 1) this.poll();
    else this.become("lost");
  }

  hurry() {
    if (this.over || this.socket?.readyState === WebSocket.OPEN || this.socket?.readyState === WebSocket.CONNECTING) return;
    this.open();
  }

  async poll() {
    clearTimeout(this.polling);
    this.polling = -1;
    let wait = 3000 + 2000 * Math.random();
    try {
      const answer = await fetch(`${this.dataset.events}?${this.query()}&beat=${encodeURIComponent(this.beat)}`, {
        headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store",
      });
      if (answer.status === 404 || answer.type === "opaqueredirect") return this.leave();
      if (!answer.ok) throw new Error(answer.status);
      const frame = await answer.json();
      this.beat = frame.beat ?? "";
      if (this.polling === null || this.over) return; // a socket came through meanwhile
      this.become("polling");
      this.take(frame);
    } catch {
      if (this.polling === null || this.over) return;
      this.become("lost");
      wait *= 2;
    }
    this.polling = setTimeout(() => this.poll(), wait);
  }

  // Not allowed, or no longer: only a page that is loaded anew can tell why.
  leave() {
    this.over = true;
    clearTimeout(this.retrying);
    clearTimeout(this.polling);
    this.become("out");
  }

  become(state) {
    if (state === this.line) return;
    const before = this.line;
    this.line = state;
    for (const words of this.querySelectorAll("[data-when]")) {
      words.hidden = !words.dataset.when.split(" ").includes(state);
    }
    this.tell("room:line", { state, before });
  }

  // --- Frames

  take(frame) {
    if ("hb" in frame) this.socket.send(JSON.stringify({ hb: frame.hb }));
    if (this.held) {
      if (frame.ev || frame.tick || frame.cc) this.held.push(frame);
      return;
    }
    if (frame.reload) {
      this.refresh();
      return;
    }
    this.moved = new Map(); // what left a list in this frame: it may come up in another
    for (const entry of frame.ev ?? []) this.place(entry);
    for (const { list, at, focused } of this.moved.values()) if (focused) this.stay(list, at);
    for (const [list, oldest] of Object.entries(frame.keep ?? {})) this.trim(list, oldest);
    if (frame.to > this.after) this.after = frame.to;
    if (frame.tick) this.count(frame.tick);
    if (frame.cc) this.tell("room:captions", { lines: frame.cc });
    this.recover();
  }

  // A fresh page instead of a long replay. What is being typed stays: only the lists change.
  async refresh() {
    this.held = [];
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return this.leave();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("gw-room");
      if (!fresh) return this.leave();
      this.mark(fresh);
      for (const list of this.querySelectorAll("[data-list]")) {
        const items = [...fresh.querySelector(`[data-list="${list.dataset.list}"]`).children];
        const ids = new Set(items.map((item) => item.dataset.id));
        for (const old of [...list.children]) if (!ids.has(old.dataset.id)) old.remove();
        for (const item of items) this.put(list, document.importNode(item, true));
        this.emptied(list);
      }
      this.be(fresh.dataset.state);
      this.after = Number(fresh.dataset.after);
    } catch {
      this.socket?.close(); // and again, with the old number
    } finally {
      const held = this.held;
      this.held = null;
      for (const frame of held) this.take(frame);
    }
  }

  place(entry) {
    if (entry.state) this.be(entry.state);
    if (entry.list === "prompt" && this.dataset.ease) {
      if (this.dataset.ease === "none") return;
      if (entry.html === null && !entry.late) { // granted: three times as long
        setTimeout(() => this.place({ ...entry, late: true }), 6 * 60_000);
        return;
      }
    }
    const list = this.querySelector(`[data-list="${entry.list}"]`);
    if (!list) return;
    const old = this.itemOf(list, entry.id);
    const name = `${entry.kind} ${entry.id}`;
    if (entry.html === null) {
      if (entry.list === "polls") this.answered.delete(entry.id); // it starts over: a new answer
      if (old) {
        const focused = old.contains(document.activeElement) ? document.activeElement : null;
        this.moved.set(name, { list, at: [...list.children].indexOf(old), old, focused });
        old.remove();
      }
    } else {
      const template = document.createElement("template");
      template.innerHTML = entry.html;
      const item = document.importNode(template.content.firstElementChild, true);
      // A poll that this person has answered shows them the result: their own page knows it.
      if (entry.list === "polls" && "open" in item.dataset && this.answered.has(entry.id)) {
        if (old) htmx.ajax("GET", item.dataset.mine, { target: old, swap: "outerHTML" });
        return;
      }
      const left = this.moved.get(name);
      if (left) this.carry(left.old, item);
      this.put(list, item);
      if (left?.focused && !this.again(item, left.focused)) this.stay(left.list, left.at);
      this.moved.delete(name);
      this.tell("room:placed", { list: entry.list, id: entry.id, isNew: !old });
    }
    this.emptied(list);
    if (this.querySelector(`[data-mine-question="${entry.id}"]`) && entry.kind === "question") this.tell("room:mine", {});
  }

  put(list, item) {
    const old = this.itemOf(list, item.dataset.id);
    this.dress(item);
    const drawn = item.outerHTML;
    if (old?.isEqualNode(item) || (old && this.drawn.get(old) === drawn)) return; // above all a video that plays
    this.drawn.set(item, drawn);
    if (old) {
      this.carry(old, item);
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      old.replaceWith(item);
      if ("first" in old.dataset !== "first" in item.dataset) list.insertBefore(item, this.placeFor(list, item));
      if (focused && !this.again(item, focused)) this.rest(item);
    } else {
      list.insertBefore(item, this.placeFor(list, item));
    }
    htmx.process(item);
  }

  // Pinned ones stand first, the others in the order of their numbers.
  placeFor(list, item) {
    const rank = (one) => ("first" in one.dataset ? 0 : 1);
    const after = (other) => rank(other) - rank(item) || other.dataset.id - item.dataset.id;
    return [...list.children].find((other) => other !== item && after(other) > 0) ?? null;
  }

  // What a person has typed, chosen or opened in the element that is replaced.
  carry(old, item) {
    for (const field of old.querySelectorAll("textarea[id], input[id]")) {
      const same = item.querySelector(`#${CSS.escape(field.id)}`);
      if (!same) continue;
      if (field.type === "radio" || field.type === "checkbox") same.checked = field.checked;
      else if (field.value !== field.defaultValue) same.value = field.value;
    }
    const opened = [...old.querySelectorAll("details")].map((details) => details.open);
    [...item.querySelectorAll("details")].forEach((details, at) => { details.open = opened[at] ?? details.open; });
    for (const mark of old.querySelectorAll("[data-your]")) { // «Your answer»: no frame says whose
      const place = item.querySelector(`[data-choice="${CSS.escape(mark.dataset.your)}"]`);
      if (place && !place.querySelector("[data-your]")) place.append(" ", mark.cloneNode(true));
    }
  }

  trim(name, oldest) {
    const list = this.querySelector(`[data-list="${name}"]`);
    for (const item of [...(list?.children ?? [])]) if (Number(item.dataset.id) < oldest) item.remove();
  }

  itemOf(list, id) {
    return [...list.children].find((item) => item.dataset.id === String(id));
  }

  emptied(list) {
    const words = this.querySelector(`[data-empty-of="${list.dataset.list}"]`);
    if (words) words.hidden = list.childElementCount > 0;
    const several = this.querySelector(`[data-several="${list.dataset.list}"]`);
    if (several) several.hidden = list.childElementCount < 2;
  }

  be(state) {
    if (state === this.dataset.state) return;
    this.dataset.state = state;
    for (const part of this.querySelectorAll("[data-open-in]")) {
      part.hidden = !part.dataset.openIn.split(" ").includes(state);
    }
    this.tell("room:state", { state });
  }

  // --- Counts, and marks that are this person's own

  mark(room) {
    const ids = (text) => new Set((text ?? "").split(" ").filter(Boolean).map(Number));
    this.mine = ids(room.dataset.voted);
    this.answered = ids(room.dataset.answered);
  }

  count(tick) {
    if ("here" in tick) for (const place of this.querySelectorAll("[data-here]")) place.textContent = tick.here;
    for (const [id, votes] of Object.entries(tick.votes ?? {})) this.votes.set(Number(id), votes);
    for (const [id, people] of Object.entries(tick.polls ?? {})) this.answers.set(Number(id), people);
    for (const [id, result] of Object.entries(tick.results ?? {})) this.results.set(Number(id), result);
    if ("hands" in tick) {
      // Somebody took hands down, maybe this person's.
      if (tick.hands < this.hands && this.querySelector("#hand[aria-pressed=true]")) this.tell("room:mine", {});
      this.hands = tick.hands;
    }
    Object.assign(this.reactions, tick.reactions);
    if (tick.reactions || "hands" in tick) this.gestures(this);
    if (tick.votes || tick.polls || tick.results) this.number(this);
  }

  gestures(root) {
    for (const place of root.querySelectorAll("[data-hands]")) place.textContent = this.hands;
    for (const place of root.querySelectorAll("[data-reaction]")) place.textContent = this.reactions[place.dataset.reaction] || (place.dataset.none ?? "");
  }

  number(root) {
    for (const place of root.querySelectorAll("[data-votes]")) {
      const votes = this.votes.get(Number(place.dataset.votes));
      if (votes !== undefined) place.textContent = votes;
    }
    for (const place of root.querySelectorAll("[data-answers]")) {
      const people = this.answers.get(Number(place.dataset.answers));
      if (people !== undefined) place.textContent = people;
    }
    for (const place of root.querySelectorAll("[data-result], [data-share]")) {
      const [poll, choice] = (place.dataset.result ?? place.dataset.share).split(":");
      const result = this.results.get(Number(poll));
      if (!result) continue;
      const votes = result[choice] ?? 0;
      const all = this.answers.get(Number(poll)) || 1;
      if (place.dataset.result) place.textContent = votes;
      else place.value = Math.round((100 * votes) / all);
    }
    for (const list of root.querySelectorAll("[data-words]")) this.list(list, this.results.get(Number(list.dataset.words)));
  }

  // Words that people typed, most frequent first, each with a button to take it out.
  list(list, words) {
    if (!words) return;
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    const rows = Object.entries(words).sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
    list.replaceChildren(...rows.slice(0, 60).map(([word, people]) => {
      const row = document.createElement("li");
      const count = Object.assign(document.createElement("span"), { className: "gw-count", textContent: people });
      row.append(word, " ", count);
      if (!list.dataset.address) return row;
      const hide = Object.assign(document.createElement("button"), { className: "usa-button usa-button--unstyled", name: "act", value: `hide:${word}`, textContent: list.dataset.hide });
      hide.setAttribute("form", "room-acts");
      hide.setAttribute("formaction", list.dataset.address);
      hide.setAttribute("hx-post", list.dataset.address);
      hide.setAttribute("hx-swap", "none");
      hide.append(Object.assign(document.createElement("span"), { className: "usa-sr-only", textContent: `: ${word}` }));
      row.append(" ", hide);
      return row;
    }));
    htmx.process(list);
    if (focused) [...list.querySelectorAll("button")].find((button) => button.value === focused)?.focus();
  }

  dress(item) {
    this.number(item);
    const vote = item.querySelector("button.gw-vote");
    if (vote) this.press(vote, this.mine.has(Number(item.dataset.id)));
    for (const words of item.querySelectorAll("[data-for-ease]")) words.hidden = words.dataset.forEase !== (this.dataset.ease ?? "");
    const clock = new Intl.DateTimeFormat(this.dataset.lang, { hour: "numeric", minute: "2-digit", hour12: true, timeZone: this.dataset.zone });
    for (const time of item.querySelectorAll("time[datetime]")) time.textContent = said(clock.format(new Date(time.dateTime)));
  }

  press(button, pressed) {
    button.setAttribute("aria-pressed", pressed);
    button.value = pressed ? "0" : "1";
  }

  voted({ id, wanted, votes }) {
    if (wanted) this.mine.add(id);
    else this.mine.delete(id);
    this.votes.set(id, votes);
    const item = this.querySelector(`[data-list="questions"] > [data-id="${id}"]`);
    if (item) this.dress(item);
  }

  reorder(event) {
    const link = event.target.closest("[data-order]");
    if (!link) return;
    event.preventDefault();
    const byVotes = link.dataset.order === "votes";
    const list = this.querySelector('[data-list="questions"]');
    const rank = (item) => ("first" in item.dataset ? -1e9 : 0) + (byVotes ? -(this.votes.get(Number(item.dataset.id)) ?? Number(item.querySelector("[data-votes]").textContent)) : 0);
    list.append(...[...list.children].sort((a, b) => rank(a) - rank(b) || a.dataset.id - b.dataset.id));
    link.dataset.order = byVotes ? "asked" : "votes";
    link.textContent = byVotes ? link.dataset.wordsAsked : link.dataset.wordsVotes;
  }

  // --- Where the keyboard is. What had the focus is replaced by a frame or an answer: the same control gets it again.
  // Another one never does, for a second press would do something else («close», then «start over»): then the element
  // around it does, or in a list that it left its neighbour.

  remember(control) {
    const around = [];
    for (let each = control; each !== this; each = each.parentElement) around.push(each);
    this.focused = { control, around };
  }

  // Only what was taken from the page is looked for again, not what somebody has left.
  forget(control) {
    queueMicrotask(() => {
      if (control.isConnected && this.focused?.control === control) this.focused = null;
    });
  }

  recover() {
    if (!this.focused || this.focused.control.isConnected || document.activeElement !== document.body) return;
    const { control, around } = this.focused;
    for (const old of around) {
      const now = old.isConnected ? old : old.id && document.getElementById(old.id);
      if (!now) continue;
      if (!this.again(now, control)) this.rest(now);
      return;
    }
  }

  settled({ elt, xhr }) {
    this.gestures(this);
    this.number(this);
    const wrong = xhr?.status === 422 ? elt?.querySelector?.("[aria-invalid=true]") : null;
    if (wrong) wrong.focus();
    else this.recover();
  }

  again(item, control) {
    const same = [...item.querySelectorAll("a, button, input, select, summary, textarea")].find((one) => isSame(one, control));
    same?.focus();
    return Boolean(same);
  }

  stay(list, at) {
    const left = list.children[Math.min(at, list.childElementCount - 1)];
    this.rest(left ?? list.closest(".gw-room__scroll") ?? list.closest("section")?.querySelector("h2") ?? list);
  }

  rest(place) {
    if (!place.matches("a, button, input, select, summary, textarea, [tabindex]")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  // --- Small things

  // Whoever follows by asking sees their own act at once.
  acted({ successful, requestConfig }) {
    if (successful && requestConfig?.verb === "post" && this.line === "polling" && this.polling !== -1) this.poll();
  }

  // What was pressed is not there any more, or did not work; other refusals bring their own words.
  failed(xhr) {
    if (xhr.status === 429) return;
    this.toast(this.wordsOf(xhr.status === 404 ? "gone" : "failed"));
  }

  wordsOf(state) {
    return this.querySelector("gw-voice")?.dataset[state] ?? "";
  }

  toast(words) {
    const toast = document.createElement("p");
    toast.className = "gw-toast gw-toast--error";
    toast.textContent = words;
    document.getElementById("toasts")?.append(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

// By its id, as what it is called to be (`data-keep`: «pin» and «unpin» are one), or by what it does.
function isSame(one, other) {
  if (one.localName !== other.localName) return false;
  if (one.id || other.id) return one.id === other.id;
  if (one.dataset.keep || other.dataset.keep) return one.dataset.keep === other.dataset.keep;
  return ["name", "value", "formaction", "href"].every((name) => one.getAttribute(name) === other.getAttribute(name));
}

// «6:15 p.m.» in both languages, as everywhere on the site.
function said(time) {
  return time.replace(/\s*([ap])\.?\s*m\.?$/i, (_, half) => ` ${half.toLowerCase()}.m.`);
}

customElements.define("gw-room", Room);
