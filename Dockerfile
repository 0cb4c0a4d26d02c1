# syntax=docker/dockerfile:1
# The image of web, worker and scheduler. Its install steps are those of `make`: scripts/install.

ARG PYTHON=3.13-slim-bookworm

FROM node:22-bookworm-slim AS frontend
WORKDIR /app
COPY scripts/install scripts/install
COPY package.json package-lock.json .npmrc ./
COPY frontend frontend
COPY static static
RUN scripts/install --for production --only frontend

FROM python:${PYTHON} AS build
WORKDIR /app
ENV UV_PYTHON=/usr/local/bin/python UV_LINK_MODE=copy
COPY scripts/install scripts/install
COPY pyproject.toml uv.lock ./
RUN scripts/install --for production --only python
COPY locale locale
RUN scripts/install --for production --only system,messages
COPY . .
COPY --from=frontend /app/static/build static/build
COPY --from=frontend /app/fonts fonts
# collectstatic needs valid settings, not real ones; nothing of them stays in the image.
RUN mkdir -p /srv/salesteam/files && rm -rf .tools \
    && SALESTEAM_HOME=/srv/salesteam SALESTEAM_ENV=production ALLOWED_HOSTS=build \
    SECRET_KEY=only-for-collecting-static-files-in-the-build \
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:${PYTHON} AS runtime
LABEL org.opencontainers.image.title="SalesTeam"
WORKDIR /app
COPY scripts/install scripts/install
RUN scripts/install --for production --only system \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/salesteam --create-home salesteam
COPY --from=build --chown=root:root /app /app
COPY --from=build --chown=salesteam:salesteam /srv/salesteam /srv/salesteam
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SALESTEAM_ENV=production \
    SALESTEAM_HOME=/srv/salesteam \
    BIND_ADDRESS=0.0.0.0 \
    PORT=8000
USER salesteam
VOLUME /srv/salesteam/files
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "scripts/container.py", "healthy"]
ENTRYPOINT ["python", "scripts/container.py"]
CMD ["web"]
