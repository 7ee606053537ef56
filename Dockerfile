# One image for all components of Airflow; docker-compose.yml says which runs what.
#
# The base image is pinned by version. Where it must not change at all, pin its digest as well: append
# `@sha256:…` as `docker buildx imagetools inspect python:3.11.13-slim-bookworm` prints it.
ARG PYTHON=3.11.13-slim-bookworm

FROM python:${PYTHON} AS packages
WORKDIR /app
COPY requirements.lock ./
# Bytecode is made here, once: the running user cannot write it, and each start would pay for that.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes -r requirements.lock \
    && { .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true; }

FROM python:${PYTHON}
RUN useradd --uid 10001 --create-home monitor
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY . .
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps -e . \
    && .venv/bin/python -m compileall -q src dags \
    && mkdir var \
    && chown monitor:monitor var
ENV PATH=/app/.venv/bin:$PATH \
    MONITOR_HOME=/app/var \
    MONITOR_CONFIG=/app/config
USER monitor
VOLUME /app/var
EXPOSE 8080
CMD ["monitor", "--help"]
