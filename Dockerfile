# syntax=docker/dockerfile:1
# The same program as in a clone: no build step, so the image holds the sources and the runtime packages.
# Where images must not change under a tag, pass --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are Node itself for machines with an older one; this image is Node 24 already.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    BRIDGE_DATA_DIR=/data
WORKDIR /app
# Owned by root and only readable by the user that runs it: the program cannot change itself.
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY openapi ./openapi
COPY src ./src
RUN mkdir /data && chown node:node /data && chmod 700 /data
# Everything that is written lands here: docker run --read-only works.
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts", "serve"]
