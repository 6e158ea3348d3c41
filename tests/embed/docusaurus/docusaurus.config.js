// A site as the documentation of some project would have it: the classic theme, docs alone.

module.exports = {
  title: "Docs",
  url: "http://127.0.0.1",
  baseUrl: "/",
  favicon: "portside/badge.svg",
  onBrokenLinks: "throw",
  scripts: [{ src: "/portside/portside-embed.js", async: true }],
  themes: ["@docusaurus/theme-classic"],
  plugins: [["@docusaurus/plugin-content-docs", { routeBasePath: "/", sidebarPath: "./sidebars.js" }]],
  themeConfig: { colorMode: { respectPrefersColorScheme: true }, navbar: { title: "Docs" } },
};
