// Sass to one small stylesheet. build.py calls this; `npm ci` comes first.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { browserslistToTargets, transform } from "lightningcss";
import * as sass from "sass";
import { DROPPED, ROLES, byProperty } from "./roles.mjs";

const here = import.meta.dirname;
const uswds = join(here, "node_modules/@uswds/uswds");
const options = {
  loadPaths: [join(here, "sass"), join(uswds, "packages")],
  quietDeps: true,
  silenceDeprecations: ["if-function"],
  logger: sass.Logger.silent,
};

/** The value USWDS has for each token that has a role here. */
function tokenValues() {
  const lines = Object.keys(ROLES).map((token) => `t-${token}: color("${token}");`);
  const source = `@use "theme"; @use "uswds-core" as *; .tokens { ${lines.join(" ")} }`;
  const css = sass.compileString(source, options).css;
  return new Map([...css.matchAll(/t-([\w-]+): (#[0-9a-f]+|\w+);/g)].map(([, token, value]) => [value, ROLES[token]]));
}

/** Put our custom properties where USWDS left a colour. */
function recolour(css) {
  const values = tokenValues();
  return css.replace(/^(\s*)([a-z-]+)(: )(.*)(;)$/gm, (line, indent, property, colon, value, end) => {
    if (property.startsWith("--")) return line;
    if (property === "font-family") return line.replace(/(--gw-\w+),.*;/, "var($1);");
    // USWDS draws its icons twice, for browsers without masks too. All of ours have masks.
    if (property === "background-image" && value.includes("/usa-icons/")) return "";
    const changed = value.replace(/url\([^)]*\)|#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|(?<![\w-])(?:white|black)(?![\w-])/g, (colour) => {
      if (colour.startsWith("url(")) return colour;
      const role = byProperty(property, colour) ?? values.get(colour);
      return role ? `var(${role})` : colour;
    });
    return indent + property + colon + changed + end;
  });
}

/** The few USWDS icons become part of the file: no further requests. */
function inlineIcons(css) {
  return css.replace(/url\("?\.\.\/img\/([^")]+)"?\)/g, (_, path) => {
    const svg = readFileSync(join(uswds, "dist/img", path), "utf8")
      .replace(/<\?xml.*?\?>|<!--.*?-->|<title>.*?<\/title>/gs, "")
      .replace(/\s+/g, " ")
      .trim()
      .replaceAll('"', "'");
    return `url("data:image/svg+xml,${svg.replace(/[%#<>]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}")`;
  });
}

/** Leave out the rules of USWDS that nothing here uses. */
function drop(css) {
  return css.replace(/([^{}]+)\{([^{}]*)\}/g, (rule, prelude, body) => {
    if (prelude.includes("@")) return rule;
    const kept = prelude.split(/,(?![^(]*\))/).filter((selector) => !DROPPED.some((pattern) => pattern.test(selector)));
    return kept.length ? `${kept.join(",")}{${body}}` : "";
  });
}

const ours = drop(recolour(sass.compile(join(here, "sass/site.scss"), options).css));
const tokens = sass.compileString('@use "tokens";', options).css;
const charset = "@charset \"UTF-8\";\n";
const { code } = transform({
  filename: basename("site.css"),
  code: Buffer.from(charset + tokens + inlineIcons(ours).replace(charset, "")),
  minify: true,
  targets: browserslistToTargets(["chrome 90", "safari 14", "firefox 90"]),
});

// A colour that is no token of ours would not follow the scheme: stop.
const written = code.toString();
const raw = written
  .replace(/url\("[^"]*"\)/g, "")
  .match(/(?<=[{;])(?!--)[a-z-]+:[^;}]*(#(?!0000\b)[0-9a-f]{3,8}\b|rgba?\(|hsla?\()[^;}]*/g);
if (raw) {
  console.error(`No role for these colours (see roles.mjs):\n  ${[...new Set(raw)].sort().join("\n  ")}`);
  process.exit(1);
}
writeFileSync(process.argv[2], written);
