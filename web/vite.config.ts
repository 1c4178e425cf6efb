import { defineConfig } from "vite";

const server = process.env.OCELLI_URL ?? "http://127.0.0.1:5173";
const proxy = { "/api": { target: server, changeOrigin: true } };

export default defineConfig({
  // Names carry a hash of the content, so that the server may let browsers keep them for ever.
  build: { target: "es2022", outDir: "dist", assetsDir: "assets", modulePreload: { polyfill: false } },
  server: { port: 5174, proxy },
  preview: { proxy },
});
