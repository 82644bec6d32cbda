import { defineConfig } from "vitest/config";

// One script without imports and one style sheet with fixed names: the server embeds them, and the report inlines them.
export default defineConfig({
  build: {
    target: "es2022",
    // `light-dark()` stays as it is: both themes come from one set of tokens.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: "src/app/main.ts",
      output: {
        format: "iife",
        entryFileNames: "app.js",
        assetFileNames: "app.[ext]",
      },
    },
  },
  test: {
    projects: [
      {
        test: {
          name: "model",
          include: ["src/**/*.test.ts"],
          environment: "node",
          // For what hangs; speed is for the bench.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One browser at a time: each file starts its own.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "server",
          include: ["tests/server/**/*.test.ts"],
          environment: "node",
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
