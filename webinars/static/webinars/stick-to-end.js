// <gw-stick-to-end>: a list that scrolls stays at its end while the reader is there, and stays put while they read above.
class StickToEnd extends HTMLElement {
  connectedCallback() {
    this.atEnd = true;
    this.addEventListener("scroll", () => {
      this.atEnd = this.scrollHeight - this.scrollTop - this.clientHeight < 40;
    }, { passive: true });
    this.watching = new MutationObserver(() => this.follow());
    this.watching.observe(this, { childList: true, subtree: true });
    this.sizing = new ResizeObserver(() => this.follow());
    this.sizing.observe(this);
    this.follow();
  }

  disconnectedCallback() {
    this.watching.disconnect();
    this.sizing.disconnect();
  }

  follow() {
    if (this.atEnd) this.scrollTop = this.scrollHeight;
  }
}

customElements.define("gw-stick-to-end", StickToEnd);
