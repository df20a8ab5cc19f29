// Which of our colours stands where USWDS has a token of its own (see sass/_theme.scss),
// and which of its rules we have no use for.
export const ROLES = {
  "base-lightest": "--gw-sunken",
  "base-lighter": "--gw-rule",
  "base-light": "--gw-rule-strong",
  base: "--gw-ink-soft",
  "base-dark": "--gw-ink-soft",
  "base-darker": "--gw-ink",
  "base-darkest": "--gw-ink",
  ink: "--gw-ink",
  "primary-lighter": "--gw-primary-wash",
  primary: "--gw-primary",
  "primary-dark": "--gw-primary-strong",
  "primary-darker": "--gw-primary-deep",
  secondary: "--gw-danger",
  "secondary-dark": "--gw-danger-strong",
  "secondary-darker": "--gw-danger-deep",
  "info-lighter": "--gw-info-wash",
  info: "--gw-info",
  "success-lighter": "--gw-success-wash",
  success: "--gw-success",
  "warning-lighter": "--gw-warning-wash",
  warning: "--gw-warning",
  "error-lighter": "--gw-error-wash",
  error: "--gw-error",
  "error-dark": "--gw-error",
  "error-darker": "--gw-error",
  "disabled-lighter": "--gw-disabled-wash",
  "disabled-light": "--gw-disabled",
  disabled: "--gw-disabled",
  "disabled-dark": "--gw-disabled",
  "disabled-darker": "--gw-disabled",
  "violet-70": "--gw-visited",
  "orange-warm-50v": "--gw-focus",
};

/** Colours whose role depends on what they colour. */
export function byProperty(property, colour) {
  if (colour === "white") return /^(color|fill)$/.test(property) ? "--gw-on-primary" : "--gw-surface";
  if (colour === "black") return "--gw-ink";
  if (colour.startsWith("rgba(")) return /^background/.test(property) ? "--gw-primary-wash" : "--gw-rule";
  if (colour === "#c9c9c9") return "--gw-rule"; // gray-20, the edge of a tile
  return null;
}

export const DROPPED = [
  /usa-button--(accent|base|inverse|big|hover|active)/,
  /usa-button--outline-inverse/,
  /usa-alert--(emergency|validation)/,
  /usa-(input|input-group|select|textarea)--(2xs|xs|sm|small|md|medium|lg|xl|2xl|success)/,
  /usa-(form|input-list|prose|checklist|button-group)(?![\w-])/,
  /usa-(tag--big|legend--large|link--external|label--required)/,
];
