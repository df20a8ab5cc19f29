// <gw-check>: tries the line to a room before somebody goes in: a socket, how long a round trip takes, the sound.
// Says what it found by showing one of the sentences that are in the page. Nothing here asks for a camera or a
// microphone. Without this the page is advice, and a sound to play.
const PATIENCE = 10_000; // for a socket, as in room.js
const TRIPS = 4;
const FAST = 150, FINE = 500; // milliseconds there and back

class Check extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-do]");
      if (button) this[button.dataset.do]();
    });
    for (const part of this.querySelectorAll("[data-scripted]")) part.hidden = false;
    this.look();
  }

  disconnectedCallback() {
    this.socket?.close(1000);
  }

  async look() {
    this.show("way", "checking");
    this.show("trip", "checking");
    const [way, trip] = await Promise.all([this.way(), this.trip()]);
    this.show("way", way);
    this.show("trip", trip);
  }

  // A socket that brings a frame works; some networks let it open and then nothing through.
  async way() {
    if (await this.opens()) return "socket";
    try {
      const answer = await fetch(`${this.dataset.events}?as=check`, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok) return "slower";
    } catch {
      // said below
    }
    return "none";
  }

  opens() {
    return new Promise((done) => {
      const url = new URL(`${this.dataset.socket}?as=check`, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      this.socket = new WebSocket(url);
      const late = setTimeout(() => this.socket.close(), PATIENCE);
      this.socket.addEventListener("message", () => {
        done(true);
        this.socket.close(1000);
      });
      this.socket.addEventListener("close", () => {
        clearTimeout(late);
        done(false);
      });
    });
  }

  // The first one also opens the connection, so it does not count.
  async trip() {
    const took = [];
    try {
      for (let n = 0; n <= TRIPS; n += 1) {
        const begun = performance.now();
        await fetch(this.dataset.ping, { method: "HEAD", cache: "no-store" });
        if (n) took.push(performance.now() - begun);
      }
    } catch {
      return "none";
    }
    const middle = took.sort((a, b) => a - b)[TRIPS / 2];
    if (middle <= FAST) return "fast";
    return middle <= FINE ? "fine" : "slow";
  }

  heard() {
    this.show("sound", "heard");
  }

  silent() {
    this.show("sound", "silent");
    this.querySelector("[data-help=sound]").open = true;
  }

  // One sentence of a group is shown, the others are not.
  show(group, found) {
    for (const words of this.querySelectorAll(`[data-${group}]`)) words.hidden = !words.dataset[group].split(" ").includes(found);
  }
}

customElements.define("gw-check", Check);
