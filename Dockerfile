# Octowatch in a container. Node 24 runs the TypeScript sources as they are, so nothing is compiled here.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: better-sqlite3 brings its binaries in its package, nothing else has anything to build.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production \
    OCTOWATCH_DB=/data/octowatch.db
COPY --from=dependencies /app/node_modules /app/node_modules
COPY package.json README.md LICENSE /app/
COPY bin /app/bin
COPY src /app/src
COPY migrations /app/migrations
COPY rules /app/rules
# An octowatch.yaml mounted into /etc/octowatch is read, because the program starts there.
RUN mkdir -p /data /etc/octowatch && chown 1000:1000 /data && chmod 700 /data
WORKDIR /etc/octowatch
VOLUME /data
# The image's user `node`, as a number, so that Kubernetes can check that it is not root. Writes to /data only.
USER 1000:1000
# From the database alone: unhealthy unless every instance was read within five poll intervals.
HEALTHCHECK --interval=60s --timeout=20s --start-period=5m --retries=3 \
    CMD ["node", "/app/bin/octowatch.js", "doctor", "--health"]
ENTRYPOINT ["node", "/app/bin/octowatch.js"]
CMD ["run"]
