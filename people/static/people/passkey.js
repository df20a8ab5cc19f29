// <gw-passkey hidden>: appears where the browser knows passkeys, and says so when one was not used.
// allauth's own scripts do the rest; they report trouble by an event on the document.
customElements.define("gw-passkey", class extends HTMLElement {
  connectedCallback() {
    this.hidden = !window.PublicKeyCredential;
    this.listener = (event) => {
      event.preventDefault();
      const words = this.querySelector("[data-trouble]");
      words.hidden = false;
      words.textContent = words.dataset.trouble;
    };
    document.addEventListener("allauth.error", this.listener);
  }

  disconnectedCallback() {
    document.removeEventListener("allauth.error", this.listener);
  }
});
